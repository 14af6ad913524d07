package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// TestTapeAgreesWithCentralDifferences moves every weight of a small model both ways and compares the change of the loss
// with the gradient the tape derives.
func TestTapeAgreesWithCentralDifferences(t *testing.T) {
	h := Hyper(2, 4, 4, "SL")
	h.DeviceBatch, h.TotalBatch = 2, 2*5
	p, err := gpt.NewPlan(h, 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	m := gpt.NewModel(p, h, nil)
	r := NewReference(m)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, w := range m.Weights {
		Randomise(rng, w, r.Weights[w.Name])
	}
	rows := Rows(rng, p)
	loss := func() float64 {
		total := 0.0
		for _, x := range r.Accumulate(rows, p.Tokens()) {
			total += x
		}
		return total / float64(p.Tokens())
	}
	loss()
	want := map[string][]float64{}
	for name, g := range r.Gradients {
		want[name] = append([]float64{}, g...)
	}
	const step = 1e-5
	for _, w := range m.Weights {
		var worst, size float64
		for i := range r.Weights[w.Name] {
			at := &r.Weights[w.Name][i]
			old := *at
			*at = old + step
			up := loss()
			*at = old - step
			down := loss()
			*at = old
			worst = math.Max(worst, math.Abs((up-down)/(2*step)-want[w.Name][i]))
			size = math.Max(size, math.Abs(want[w.Name][i]))
		}
		// The second-order error is about step² = 1e-10 of the third derivative, rounding about 1e-16/step.
		if size == 0 || worst > 1e-7*math.Max(size, 1e-2) {
			t.Errorf("%s: gradient differs from central differences by %.3g, want at most 1e-7 of its largest number %.3g (and some above 0)", w.Name, worst, size)
		}
	}
}
