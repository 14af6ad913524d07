package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// steps opens a machine on a model with initial weights and returns a function that runs one optimizer step.
func steps(t testing.TB, b *Backend, h gpt.Hyper, T, V int) (gpt.Plan, func()) {
	p, err := gpt.NewPlan(h, T, V)
	if err != nil {
		t.Fatal(err)
	}
	m := gpt.NewModel(p, h, make([]int, V))
	d, err := b.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := gpt.Initialise(m, d, 1); err != nil {
		t.Fatal(err)
	}
	rows, n := kerneltest.Rows(rand.New(rand.NewPCG(1, 1)), p), int64(0)
	return p, func() {
		for range p.Micro {
			if err := d.Accumulate(rows); err != nil {
				t.Fatal(err)
			}
		}
		n++
		if _, err := d.Update(gpt.StepScalars{Step: n, Rate: 1, Momentum: 0.9, Decay: 0.2}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 3} {
		h := kerneltest.Hyper(2, 16, 16, "SL")
		h.DeviceBatch, h.TotalBatch = 4, 2*4*16
		_, step := steps(t, New(arith.Default(), Config{Threads: threads}), h, 16, 64)
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("a step on %d threads allocates %v times, want 0", threads, n)
		}
	}
}

// BenchmarkStep measures whole optimizer steps of 2048 tokens. GFLOP/s counts gpt.Plan.StepFLOPs.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct{ depth, aspect, headDim, V int }{{2, 32, 32, 256}, {2, 32, 32, 2048}, {4, 32, 32, 1024}, {6, 43, 64, 1024}} {
		for _, threads := range []int{1, 2} {
			h := kerneltest.Hyper(c.depth, c.aspect, c.headDim, "SSSL")
			h.DeviceBatch, h.TotalBatch = 16, 2048
			p, err := gpt.NewPlan(h, 128, c.V)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("L%d/C%d/V%d/threads=%d", p.L, p.C, p.V, threads), func(b *testing.B) {
				p, step := steps(b, New(arith.Default(), Config{Threads: threads}), h, 128, c.V)
				step()
				for b.Loop() {
					step()
				}
				seconds := b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(float64(p.Tokens())/seconds, "tokens/s")
				b.ReportMetric(p.StepFLOPs()/seconds/1e9, "GFLOP/s")
			})
		}
	}
}
