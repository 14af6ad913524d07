//go:build cuda && linux && amd64

package cuda

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// A part of the check has a process of its own: a kernel that faults takes the process's context with it, and one that hangs never gives it back.
// Then the part goes on with the next check in a new process.
type part struct {
	name, set string
	// patience is how long a single check may take.
	patience time.Duration
	run      func(c *checker)
}

// parts are in the order in which they tell most: single instructions first.
var parts = []part{
	{"probes", SM80, time.Minute, (*checker).probes},
	{"kernels of 9.0", SM90a, 2 * time.Minute, (*checker).kernels},
	{"kernels", SM80, 2 * time.Minute, (*checker).kernels},
	{"steps of 9.0", SM90a, 2 * time.Minute, (*checker).steps},
	{"steps", SM80, 2 * time.Minute, (*checker).steps},
	{"times of 9.0", SM90a, 2 * time.Minute, func(c *checker) { c.measure(referenceExtent()) }},
	{"times", SM80, 2 * time.Minute, func(c *checker) { c.measure(referenceExtent()) }},
}

// partVariable tells a process which part it is to run.
const partVariable = "BILEVEL_GPU_CHECK_PART"

type order struct {
	Part   string
	Device int
	Seed   uint64
	From   int // checks before this one have run
}

// message is what a part's process says besides its lines: one line of JSON behind a mark.
type message struct {
	Begin      string   `json:",omitempty"` // of the check that begins
	End, Wrong bool     `json:",omitempty"`
	Lost       bool     `json:",omitempty"` // the context
	Index      int      `json:",omitempty"` // of the check that ends
	Row        []string `json:",omitempty"` // of the table
	Absent     string   `json:",omitempty"` // why the part does not apply
	Over       bool     `json:",omitempty"` // all its checks have run
}

const mark = "\x1e"

// Check holds device n against float64 and the CPU, and then measures it: single instructions, every kernel on inputs drawn from the seed with
// poisoned outputs, training steps beside the CPU's, two runs for the same bits, and the speed of kernels and of a whole step at the reference
// size. It writes what it finds as it goes, and tables last, and ends within eight minutes. Its error says how many checks failed.
//
// It runs the program it is part of again, with the same arguments, for each part: a process that is asked for one does that and no more.
func Check(w io.Writer, n int, seed uint64) error {
	if text, asked := os.LookupEnv(partVariable); asked {
		return runPart(w, text)
	}
	if _, err := driver.Names(); err != nil {
		return err
	}
	return supervise(w, parts, n, seed, wholeCheck)
}

// runPart is what a part's process does.
func runPart(w io.Writer, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("cuda: check: %s is %q, want an order in JSON: %w", partVariable, text, err)
	}
	for _, p := range parts {
		if p.name != o.Part {
			continue
		}
		c := &checker{out: w, set: p.set, seed: o.Seed, from: o.From}
		c.tell = func(m message) {
			line, _ := json.Marshal(m) // of plain fields
			fmt.Fprintf(w, "%s%s\n", mark, line)
		}
		if err := c.open(o, p); err != nil {
			return err
		}
		if c.backend == nil {
			return nil
		}
		p.run(c)
		c.tell(message{Over: !c.lost})
		if c.lost {
			return nil
		}
		return c.backend.Close()
	}
	return fmt.Errorf("cuda: check: no part is called %q", o.Part)
}

// open opens the device with the part's kernels, or says why the part does not apply.
func (c *checker) open(o order, p part) error {
	c.tell(message{Begin: "compiling"})
	began, want := time.Now(), isForAll
	if p.name == "probes" {
		want = isProbe
	}
	d, err := openFor(o.Device, want)
	if err != nil {
		return err
	}
	if p.set == SM90a {
		if !d.hasHopper() {
			c.tell(message{Absent: "the device does not have compute capability 9.0"})
			return d.Close()
		}
		if d, err = d.withHopper(); err != nil {
			return err
		}
	}
	c.backend = &Backend{dev: d}
	if p.name == "probes" && o.From == 0 {
		fmt.Fprintf(c.out, "%s, compute capability %d.%d, %d multiprocessors, %d MiB; seed %d\n", d.Name, d.Major, d.Minor, d.Multiprocessors, d.Memory>>20, o.Seed)
	}
	fmt.Fprintf(c.out, "%s: compiled or read from the driver's cache in %.1f s\n", p.name, time.Since(began).Seconds())
	for _, s := range d.slow {
		fmt.Fprintf(c.out, "the driver's compiler: %s\n", s)
	}
	return nil
}
