package cpu

import (
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// tolerance is about four times the worst that both modes show over all shapes. Gradients are off by the rounding of sums over
// hundreds of float32 products, 6e-8 each; so are losses. AdamW divides by small roots, and Newton-Schulz magnifies what
// noise there is in directions without gradient up to a thousand times; a wrong coefficient is off by 0.01 or more.
var tolerance = kerneltest.Tolerance{
	Nats: 4e-7,
	Gradient: map[string]float64{
		"wte": 4e-6, "head": 2e-6, "resid": 5e-6, "skip": 6e-6, "q": 4e-6, "k": 4e-6, "v": 4e-6, "gate": 4e-6,
		"values": 4e-6, "o": 4e-6, "fc": 4e-6, "proj": 4e-6,
	},
	Update: map[gpt.Role]float64{
		gpt.Embedding: 5e-7, gpt.Head: 3e-6, gpt.Matrix: 3e-3, gpt.ResidLambda: 6e-5, gpt.SkipLambda: 2e-6,
	},
}

func TestConformance(t *testing.T) {
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		t.Run(mode.String(), func(t *testing.T) {
			kerneltest.Conform(t, func() gpt.Backend { return New(mode, Config{Threads: 2}) }, tolerance)
		})
	}
}
