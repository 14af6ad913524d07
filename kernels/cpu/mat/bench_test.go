package mat

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
)

// BenchmarkMul reports GFLOP/s at shapes of small GPTs: T tokens through a layer from D to F, forward (NT), its input gradient
// (NN) and its weight gradient (TN).
func BenchmarkMul(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, mode := range []arith.Mode{arith.FMA, arith.Plain} {
		u := New(mode)
		for _, s := range [][3]int{{256, 64, 64}, {256, 64, 256}, {256, 64, 2048}, {256, 128, 512}, {1024, 256, 1024}} {
			t, d, f := s[0], s[1], s[2]
			x, w, y := random(r, t, d, 16), random(r, f, d, 0), random(r, t, f, 16)
			for _, p := range []problem{
				{layout: NT, c: y, a: x, b: w}, {layout: NN, c: random(r, t, d, 16), a: y, b: w}, {layout: TN, c: w.clone(), a: y, b: x},
			} {
				b.Run(fmt.Sprintf("%v/T%d,D%d,F%d/%v", mode, t, d, f, p.layout), func(b *testing.B) {
					for b.Loop() {
						u.Mul(p.c, p.a, p.b, p.layout, p.e)
					}
					b.ReportMetric(2*float64(t*d*f)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
