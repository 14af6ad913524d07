package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestAnyShapeHasTheSameBits trains models of random small shapes on one thread with assembly, on three, and in plain Go, and
// compares every weight after two steps.
func TestAnyShapeHasTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range 24 {
		h := kerneltest.Hyper(1+rng.IntN(3), 1+rng.IntN(12), 2+2*rng.IntN(8), []string{"S", "L", "SL", "LSS"}[rng.IntN(4)])
		T, V := 2+rng.IntN(20), 2+rng.IntN(60)
		h.DeviceBatch = 1 + rng.IntN(10)
		h.TotalBatch = h.DeviceBatch * T * (1 + i%3/2)
		mode := arith.Mode(i % 2)
		name := fmt.Sprintf("%s: depth %d, aspect %d, head %d, %s, T %d, V %d, batch %d of %d", mode, h.Depth, h.AspectRatio, h.HeadDim,
			h.WindowPattern, T, V, h.DeviceBatch, h.TotalBatch)
		want := twoSteps(t, New(mode, Config{Threads: 1}), h, T, V)
		for _, x := range want {
			if x != x {
				t.Fatalf("%s: a weight is not a number", name)
			}
		}
		for _, c := range []Config{{Threads: 3}, {Threads: 1, Portable: true}} {
			if got := twoSteps(t, New(mode, c), h, T, V); !slices.EqualFunc(got, want, sameBits) {
				t.Errorf("%s: with %+v the weights have other bits", name, c)
			}
		}
	}
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// twoSteps returns all weights after two steps on random text.
func twoSteps(t *testing.T, b *Backend, h gpt.Hyper, T, V int) []float32 {
	r := newTrainer(t, b, h, T, V)
	defer r.machine.Close()
	r.step()
	r.step()
	var all []float32
	for i, w := range gpt.NewModel(r.plan, h, make([]int, V)).Weights {
		x := make([]float32, w.Rows*w.Cols)
		if err := r.machine.Read(gpt.W(i), x); err != nil {
			t.Fatal(err)
		}
		all = append(all, x...)
	}
	return all
}
