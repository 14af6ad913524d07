package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// trainer is a machine on a model with initial weights, and the text of one step.
type trainer struct {
	testing.TB
	plan    gpt.Plan
	machine gpt.Machine
	rows    []int32
	done    int64 // steps
}

func newTrainer(t testing.TB, b *Backend, h gpt.Hyper, T, V int) *trainer {
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
	return &trainer{TB: t, plan: p, machine: d, rows: kerneltest.Rows(rand.New(rand.NewPCG(1, 1)), p)}
}

func (t *trainer) step() {
	t.gradients()
	t.update()
}

func (t *trainer) gradients() {
	for range t.plan.Micro {
		if err := t.machine.Accumulate(t.rows); err != nil {
			t.Fatal(err)
		}
	}
}

func (t *trainer) update() {
	t.done++
	if _, err := t.machine.Update(gpt.StepScalars{Step: t.done, Rate: 1, Momentum: 0.9, Decay: 0.2}); err != nil {
		t.Fatal(err)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 3} {
		h := kerneltest.Hyper(2, 16, 16, "SL")
		h.DeviceBatch, h.TotalBatch = 4, 2*4*16
		r := newTrainer(t, New(arith.Default(), Config{Threads: threads}), h, 16, 64)
		if n := testing.AllocsPerRun(10, r.step); n != 0 {
			t.Errorf("a step on %d threads allocates %v times, want 0", threads, n)
		}
	}
}

// stepShape is a model to be timed at T 128.
type stepShape struct{ depth, aspect, headDim, V int }

// stepShapes are the default task with bytes and with its own vocabulary, and two larger ones: 64, 64, 128 and 256 channels.
var stepShapes = []stepShape{{2, 32, 32, 256}, {2, 32, 32, 2048}, {4, 32, 32, 1024}, {6, 42, 64, 1024}}

// String names a shape by its layers, channels and vocabulary.
func (c stepShape) String() string {
	return fmt.Sprintf("L%d-C%d-V%d", c.depth, (c.depth*c.aspect+c.headDim-1)/c.headDim*c.headDim, c.V)
}

// hyper cuts a step of so many tokens into one micro-batch.
func (c stepShape) hyper(tokens int) gpt.Hyper {
	h := kerneltest.Hyper(c.depth, c.aspect, c.headDim, "SSSL")
	h.DeviceBatch, h.TotalBatch = tokens/128, tokens
	return h
}

// BenchmarkStep measures whole optimizer steps of 2048 tokens by the clock. GFLOP/s counts gpt.Plan.StepFLOPs.
func BenchmarkStep(b *testing.B) {
	for _, c := range stepShapes {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/threads=%d", c, threads), func(b *testing.B) {
				r := newTrainer(b, New(arith.Default(), Config{Threads: threads}), c.hyper(2048), 128, c.V)
				r.step()
				for b.Loop() {
					r.step()
				}
				seconds := b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(float64(r.plan.Tokens())/seconds, "tokens/s")
				b.ReportMetric(r.plan.StepFLOPs()/seconds/1e9, "GFLOP/s")
			})
		}
	}
}
