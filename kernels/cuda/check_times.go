//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// reference is the published model.
func reference() gpt.Hyper {
	h := kerneltest.Hyper(8, 64, 128, "SSSL")
	h.TotalBatch, h.DeviceBatch = 1<<19, 128
	return h
}

// referenceExtent is what a check measures.
func referenceExtent() extent {
	return extent{hyper: reference(), T: 2048, V: 8192, repeat: 300 * time.Millisecond}
}

// timesHeader names the columns of the rows that measure gives.
var timesHeader = []string{"kernel", "ms", "TFLOP/s", "GB/s", "of a copy"}

func (c *checker) row(cells ...string) {
	c.rows = append(c.rows, cells)
	c.say(message{Row: cells})
}

// measure gives a row for each kernel: the time, TFLOP/s or GB/s, and for the latter the share of what a copy reaches. Kernels that both
// sets use are measured with those for 8.0.
func (c *checker) measure(e extent) {
	kernels := e
	kernels.hyper.DeviceBatch = min(e.hyper.DeviceBatch, 32) // 65536 tokens fill a device
	kernels.hyper.TotalBatch = kernels.hyper.DeviceBatch * e.T
	p, err := gpt.NewPlan(kernels.hyper, e.T, e.V)
	if err != nil {
		c.Errorf("%v", err)
		return
	}
	var bandwidth float64
	c.run("copy", func(b *bench) { bandwidth = b.copyRate(kernels) })
	c.row("copy", "", "", fmt.Sprintf("%.0f", bandwidth/1e9), "")
	prefix := c.set + " "
	groups := []func(b *bench) []rate{
		func(b *bench) []rate { return b.products(kernels, p, prefix) },
		func(b *bench) []rate { return b.attentions(kernels, p, prefix) },
	}
	if c.set == SM80 {
		groups = append(groups, func(b *bench) []rate { return b.rowKernels(kernels, p) })
	}
	for i, measure := range groups {
		c.run(fmt.Sprintf("times of %s, group %d", c.set, i+1), func(b *bench) {
			for _, r := range measure(b) {
				s := r.took.Seconds()
				if r.flops > 0 {
					c.row(r.name, fmt.Sprintf("%.3f", 1e3*s), fmt.Sprintf("%.1f", r.flops/s/1e12), fmt.Sprintf("%.0f", r.bytes/s/1e9), "")
				} else {
					c.row(r.name, fmt.Sprintf("%.3f", 1e3*s), "", fmt.Sprintf("%.0f", r.bytes/s/1e9), fmt.Sprintf("%.0f %%", 100*r.bytes/s/bandwidth))
				}
			}
		})
	}
	c.run("whole step by "+c.set, func(b *bench) {
		e := c.fit(b, e)
		s := steps(b, c.backend, e, b.rng)
		c.row(fmt.Sprintf("%straining step, %d sequences at a time: %.0f tokens/s", prefix, e.hyper.DeviceBatch, s.tokens), "", fmt.Sprintf("%.1f", s.flops/1e12), "", "")
		c.row(prefix+"start of a trial", fmt.Sprintf("%.3f", 1e3*s.opening.Seconds()), "", "", "")
		c.row(prefix+"its first weights, drawn and copied", fmt.Sprintf("%.3f", 1e3*s.weights.Seconds()), "", "", "")
	})
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
