//go:build cuda && linux && amd64

package cuda

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// checker runs checks one by one, on one device with one set of kernels. It is the reporter of each.
type checker struct {
	out          io.Writer
	backend      *Backend
	set          string // SM80 or SM90a
	seed         uint64
	done, failed int
	from         int // checks before this one have run in another process
	name         string
	wrong        bool // the check under way
	lost         bool // the device's context: nothing more can run in this process
	cleanups     []func()
	tell         func(m message) // nil where nobody listens
	rows         [][]string      // of the table of times
}

func (c *checker) Helper()          {}
func (c *checker) Cleanup(f func()) { c.cleanups = append(c.cleanups, f) }

func (c *checker) Logf(format string, args ...any) {
	fmt.Fprintf(c.out, "%s: %s\n", c.name, fmt.Sprintf(format, args...))
}

func (c *checker) Errorf(format string, args ...any) {
	c.wrong = true
	fmt.Fprintf(c.out, "FAIL %s: %s\n", c.name, fmt.Sprintf(format, args...))
}

// errStop ends a check that cannot go on.
var errStop = errors.New("stop")

func (c *checker) Fatalf(format string, args ...any) {
	c.Errorf(format, args...)
	panic(errStop)
}

// run runs one check and reports whether it held. It runs none that another process has run, and none after the context was lost.
func (c *checker) run(name string, f func(b *bench)) (ran, held bool) {
	if c.lost || c.done < c.from {
		c.done++
		return false, false
	}
	c.name, c.wrong = name, false
	c.say(message{Begin: name})
	leave := c.backend.dev.Enter()
	defer leave()
	func() {
		defer func() {
			if r := recover(); r != nil && r != errStop {
				c.Errorf("%v", r)
			}
		}()
		f(&bench{reporter: c, device: c.backend.dev, rng: rand.New(rand.NewPCG(c.seed, uint64(c.done)))})
	}()
	if c.wrong {
		c.failed++
		err := c.backend.dev.Wait()
		c.lost = err != nil
		if c.lost {
			fmt.Fprintf(c.out, "the device's context is lost (%v); what follows runs in a new process\n", err)
		}
	}
	for i := len(c.cleanups) - 1; i >= 0; i-- {
		c.cleanups[i]()
	}
	c.cleanups = nil
	c.say(message{End: true, Wrong: c.wrong, Lost: c.lost, Index: c.done})
	c.done++
	return true, !c.wrong
}

func (c *checker) say(m message) {
	if c.tell != nil {
		c.tell(m)
	}
}

func (c *checker) trials(name string, all []trial) {
	began, ran, held := time.Now(), 0, 0
	for _, t := range all {
		r, h := c.run(name+" "+t.name, t.run)
		if r {
			ran++
		}
		if h {
			held++
		}
	}
	if ran > 0 {
		fmt.Fprintf(c.out, "%-18s %3d of %3d hold (%.1f s)\n", name, held, ran, time.Since(began).Seconds())
	}
}

// probes ask for single instructions.
func (c *checker) probes() {
	c.trials("probes", trialsProbe())
	if c.backend.dev.hasHopper() {
		c.trials("probes of 9.0", trialsHopperProbe())
	}
}

// kernels holds every kernel of the set against float64.
func (c *checker) kernels() {
	if c.set == SM90a {
		c.trials("kernels of 9.0", trialsHopper())
		return
	}
	for _, o := range operations {
		c.trials(o.name, o.trials())
	}
}

// steps trains beside the CPU.
func (c *checker) steps() {
	if _, held := c.run("four steps by "+c.set, func(b *bench) { followCPU(b, c.backend, stepModel(b, kerneltest.Hyper(2, 64, 64, "SL"), 48, 130)) }); held {
		fmt.Fprintf(c.out, "%s: 4 training steps follow the CPU, weights too, and give the same bits twice\n", c.set)
	}
	if _, held := c.run("twenty steps by "+c.set, c.twenty); held {
		fmt.Fprintf(c.out, "%s: 20 training steps of a wider model follow the CPU, and give the same bits twice\n", c.set)
	}
}

// twenty compares losses over more steps of a model whose products fill whole tiles, with the CPU's and with a second run's bits.
func (c *checker) twenty(b *bench) {
	m := stepModel(b, kerneltest.Hyper(4, 64, 64, "SSSL"), 256, 512)
	want, got := train(b, cpu.New(arith.Default(), cpu.Config{}), m, 20), train(b, c.backend, m, 20)
	compareLosses(b, got, want, 0.03)
	sameBits(b, m, train(b, c.backend, m, 20), got)
}
