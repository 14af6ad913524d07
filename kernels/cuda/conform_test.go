//go:build cuda && linux && amd64

package cuda

import (
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// tolerance is about twice the worst that the emulator shows over all shapes. Activations and their gradients are rounded to
// bfloat16, up to 2^-8 and on average half of that each, some ten times a layer on the way to a gradient; those are
// averages over few tokens here. AdamW is float32. Muon is bfloat16: Polar Express magnifies the rounding of directions that
// have little gradient; TestMuon holds it to a hundredth by rounding alike.
var tolerance = kerneltest.Tolerance{
	Nats: 3e-3,
	Gradient: map[string]float64{
		"wte": 5e-2, "head": 1.5e-2, "resid": 4e-2, "skip": 4e-2, "q": 4e-2, "k": 6e-2, "v": 4.5e-2, "gate": 3.5e-2,
		"values": 5e-2, "o": 5.5e-2, "fc": 2.5e-2, "proj": 2e-2,
	},
	Update: map[gpt.Role]float64{
		gpt.Embedding: 3e-7, gpt.Head: 2e-6, gpt.Matrix: 0.2, gpt.ResidLambda: 3e-5, gpt.SkipLambda: 8e-7,
	},
}

func TestConformance(t *testing.T) {
	b, err := New(Config{})
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer b.(*Backend).Close()
	kerneltest.Conform(t, func() gpt.Backend { return b }, tolerance)
}
