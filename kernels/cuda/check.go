//go:build cuda && linux && amd64

package cuda

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"text/tabwriter"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// Check holds device n against float64 and the CPU, and then measures it: every kernel on inputs drawn from the seed with
// poisoned outputs, training steps beside the CPU's, two runs for the same bits, and the speed of kernels and of a whole step
// at the reference size. It writes what it finds as it goes, and a table last. Its error says how many checks failed.
func Check(w io.Writer, n int, seed uint64) error {
	return check(w, n, seed, extent{hyper: reference(), T: 2048, V: 8192, repeat: 300 * time.Millisecond})
}

// reference is the published model.
func reference() gpt.Hyper {
	h := kerneltest.Hyper(8, 64, 128, "SSSL")
	h.TotalBatch, h.DeviceBatch = 1<<19, 128
	return h
}

func check(w io.Writer, n int, seed uint64, e extent) error {
	opened, err := New(Config{Device: n, Kernels: SM80})
	if err != nil {
		return err
	}
	b := opened.(*Backend)
	defer b.Close()
	fmt.Fprintf(w, "%s, compute capability %d.%d, %d multiprocessors, %d MiB; seed %d\n",
		b.dev.Name, b.dev.Major, b.dev.Minor, b.dev.Multiprocessors, b.dev.Memory>>20, seed)
	c := &checker{out: w, backend: b, seed: seed}
	if err := c.findSets(); err != nil {
		return err
	}
	c.kernels()
	c.steps()
	c.measure(e)
	if c.failed > 0 {
		return fmt.Errorf("cuda: check of %s: %d of %d checks failed", b.dev.Name, c.failed, c.done)
	}
	return nil
}

// checker runs checks one by one. It is the reporter of each.
type checker struct {
	out          io.Writer
	backend      *Backend
	seed         uint64
	done, failed int
	name         string
	wrong        bool // the check under way
	cleanups     []func()
	sets         []kernelSet
}

// kernelSet is the device with one of its sets of kernels. The backend works with either.
type kernelSet struct {
	name string
	dev  *device
}

// findSets finds those that the device can run.
func (c *checker) findSets() error {
	d := c.backend.dev
	c.sets = []kernelSet{{SM80, d}}
	if !d.hasHopper() {
		return nil
	}
	defer d.Enter()()
	h, err := d.withHopper()
	if err == nil {
		c.sets = append(c.sets, kernelSet{SM90a, h})
	}
	return err
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

// run runs one check and reports whether it held.
func (c *checker) run(name string, f func(b *bench)) bool {
	c.name, c.wrong = name, false
	leave := c.backend.dev.Enter()
	defer leave()
	func() {
		defer func() {
			if r := recover(); r != nil && r != errStop {
				panic(r)
			}
		}()
		f(&bench{reporter: c, device: c.backend.dev, rng: rand.New(rand.NewPCG(c.seed, uint64(c.done)))})
	}()
	for i := len(c.cleanups) - 1; i >= 0; i-- {
		c.cleanups[i]()
	}
	c.cleanups = nil
	c.done++
	if c.wrong {
		c.failed++
	}
	return !c.wrong
}

func (c *checker) kernels() {
	for _, o := range operations {
		c.trials(o.name, o.trials())
	}
	if len(c.sets) > 1 {
		c.trials("kernels of 9.0", trialsHopper())
	}
}

func (c *checker) trials(name string, all []trial) {
	began, held := time.Now(), 0
	for _, t := range all {
		if c.run(name+" "+t.name, t.run) {
			held++
		}
	}
	fmt.Fprintf(c.out, "%-18s %3d of %3d shapes agree with float64 (%.1f s)\n", name, held, len(all), time.Since(began).Seconds())
}

// steps trains with each set of kernels.
func (c *checker) steps() {
	var onCPU trained
	for _, set := range c.sets {
		c.backend.dev = set.dev
		if c.run("four steps by "+set.name, func(b *bench) { followCPU(b, c.backend, stepModel(b, kerneltest.Hyper(2, 64, 64, "SL"), 48, 130)) }) {
			fmt.Fprintf(c.out, "%s: 4 training steps follow the CPU, weights too, and give the same bits twice\n", set.name)
		}
		if c.run("twenty steps by "+set.name, func(b *bench) { c.twenty(b, &onCPU) }) {
			fmt.Fprintf(c.out, "%s: 20 training steps of a wider model follow the CPU, and give the same bits twice\n", set.name)
		}
	}
	c.backend.dev = c.sets[0].dev
}

// twenty compares losses over more steps of a model whose products fill whole tiles, with the CPU's, which are made once, and with a
// second run's bits.
func (c *checker) twenty(b *bench, onCPU *trained) {
	m := stepModel(b, kerneltest.Hyper(4, 64, 64, "SSSL"), 256, 512)
	if onCPU.nats == nil {
		*onCPU = train(b, cpu.New(arith.Default(), cpu.Config{}), m, 20)
	}
	got := train(b, c.backend, m, 20)
	compareLosses(b, got, *onCPU, 0.03)
	sameBits(b, m, train(b, c.backend, m, 20), got)
}

// measure prints the table: for each kernel the time, TFLOP/s or GB/s, and for the latter the share of what a copy reaches.
func (c *checker) measure(e extent) {
	table := tabwriter.NewWriter(c.out, 2, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	var bandwidth float64
	var rates []rate
	kernels := e
	kernels.hyper.DeviceBatch = min(e.hyper.DeviceBatch, 32) // 65536 tokens fill a device
	kernels.hyper.TotalBatch = kernels.hyper.DeviceBatch * e.T
	p, err := gpt.NewPlan(kernels.hyper, e.T, e.V)
	if err != nil {
		c.Errorf("%v", err)
		return
	}
	c.run("copy", func(b *bench) { bandwidth = b.copyRate(kernels) })
	for _, set := range c.sets {
		prefix := ""
		if len(c.sets) > 1 {
			prefix = set.name + " "
		}
		for _, part := range []func(b *bench) []rate{
			func(b *bench) []rate { return b.products(kernels, p, prefix) },
			func(b *bench) []rate { return b.attentions(kernels, p, prefix) },
		} {
			c.run("measuring", func(b *bench) { rates = append(rates, part(&bench{b.reporter, set.dev, b.rng})...) })
		}
	}
	c.run("measuring", func(b *bench) { rates = append(rates, b.rowKernels(kernels, p)...) })
	fmt.Fprintf(table, "kernel\tms\tTFLOP/s\tGB/s\tof a copy\t\n")
	fmt.Fprintf(table, "copy\t\t\t%.0f\t\t\n", bandwidth/1e9)
	for _, r := range rates {
		s := r.took.Seconds()
		if r.flops > 0 {
			fmt.Fprintf(table, "%s\t%.3f\t%.1f\t%.0f\t\t\n", r.name, 1e3*s, r.flops/s/1e12, r.bytes/s/1e9)
		} else {
			fmt.Fprintf(table, "%s\t%.3f\t\t%.0f\t%.0f %%\t\n", r.name, 1e3*s, r.bytes/s/1e9, 100*r.bytes/s/bandwidth)
		}
	}
	for _, set := range c.sets {
		c.backend.dev = set.dev
		c.run("whole step", func(b *bench) {
			e := c.fit(b, e)
			tokens, flops := stepRate(b, c.backend, e, b.rng)
			fmt.Fprintf(table, "training step, %d sequences at a time, %s: %.0f tokens/s\t\t%.1f\t\t\t\n", e.hyper.DeviceBatch, set.name, tokens, flops/1e12)
		})
	}
	c.backend.dev = c.sets[0].dev
}

// fit halves the micro-batch until the model has room.
func (c *checker) fit(r reporter, e extent) extent {
	for ; ; e.hyper.DeviceBatch /= 2 {
		p, err := gpt.NewPlan(e.hyper, e.T, e.V)
		if err != nil {
			r.Fatalf("%v", err)
		}
		if need, limit := c.backend.Memory(gpt.NewModel(p, e.hyper, make([]int, p.V))); need <= limit || e.hyper.DeviceBatch == 1 {
			return e
		}
	}
}
