package vec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

// BenchmarkVec reports nanoseconds per number, at rows of 64 for what works on channels, of 128 for scores, of 2048 for logits
// and of 8192 for weights, all in the first two caches.
func BenchmarkVec(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const tokens, channels, head = 64, 64, 32
	in := newInputs(r, tokens, channels, 1)
	big := newInputs(r, 1, 8192, 1)
	inverse, tab := mat.Of(make([]float32, tokens*2), tokens, 2), table(tokens, head/2)
	for _, mode := range []arith.Mode{arith.FMA, arith.Plain} {
		u := New(mode)
		for _, c := range []struct {
			name string
			n    int
			f    func()
		}{
			{"Norm", tokens * channels, func() { u.Norm(in.m[0], in.m[1], in.m[2], eps) }},
			{"NormBackward", tokens * channels, func() { u.NormBackward(in.m[0], in.m[1], in.m[2], in.m[3], true) }},
			{"NormRotate", tokens * channels, func() { u.NormRotate(in.m[0], inverse, tab, eps) }},
			{"NormRotateBackward", tokens * channels, func() { u.NormRotateBackward(in.m[0], in.m[1], inverse, tab) }},
			{"Blend", tokens * channels, func() { u.Blend(in.m[0], 0.5, in.m[1], 0.5, in.m[2]) }},
			{"MixBackward", tokens * channels, func() { u.MixBackward(in.m[0], in.m[1], in.m[2], in.m[3], 1, 0.1, true) }},
			{"ExpSum", 128, func() { u.ExpSum(big.row(0)[:128], 0.5) }},
			{"SoftmaxBackward", 128, func() { u.SoftmaxBackward(big.row(0)[:128], big.row(1)[:128], 0.5, 0.5, 1) }},
			{"CapExp", 2048, func() { u.CapExp(big.row(0)[:2048], big.row(1)[:2048], 15) }},
			{"CapGradient", 2048, func() { u.CapGradient(big.row(0)[:2048], big.row(1)[:2048], 1e-30) }},
			{"Nesterov", 8192, func() { u.Nesterov(big.row(0), big.row(1), 0.95) }},
			{"Cautious", 8192, func() { u.Cautious(big.row(0), big.row(1), 1e-9, 1e-9) }},
			{"Adam", 8192, func() { u.Adam(big.row(0), big.row(1), big.row(2), big.row(3), AdamRates{0.1, 0.05, 1e-9, 1, 1e-10}) }},
		} {
			b.Run(fmt.Sprintf("%v/%s", mode, c.name), func(b *testing.B) {
				for i := range big.row(3) {
					big.row(0)[i], big.row(1)[i], big.row(3)[i] = float32(i%7)-3, float32(i%5)-2, float32(i%3)+1
				}
				for b.Loop() {
					c.f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.n), "ns/number")
			})
		}
	}
}
