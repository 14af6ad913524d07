//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

type attentionShape struct {
	headShape
	window int
}

// attentionShapes reach every kernel: one row, edges of blocks, windows that begin inside a block and at its edge, and heads that are
// not a power of two.
var attentionShapes = []attentionShape{
	{headShape{1, 1, 1, 8}, 1}, {headShape{2, 5, 3, 6}, 5}, {headShape{1, 64, 1, 16}, 32}, {headShape{1, 65, 2, 14}, 64},
	{headShape{1, 130, 1, 32}, 65}, {headShape{1, 70, 2, 26}, 20}, {headShape{2, 70, 1, 34}, 35}, {headShape{1, 150, 1, 64}, 75}, {headShape{1, 96, 1, 40}, 96},
	{headShape{1, 130, 2, 128}, 64}, {headShape{1, 70, 1, 96}, 20}, {headShape{1, 70, 1, 256}, 35},
}

func trialsAttention() []trial { return trialsAttentionOf(attentionShapes) }

func trialsAttentionOf(shapes []attentionShape) (all []trial) {
	for _, s := range shapes {
		all = append(all, trial{fmt.Sprintf("%+v", s), func(b *bench) {
			C, tokens := s.NH*s.HS, s.sequences*s.T
			n := heads{NH: s.NH, HS: s.HS}
			// Queries and keys come normalised; unit variance is as good.
			x, xs := b.sides(tokens, C, b.normal)
			y, lse := b.halves(tokens, C, C, constant(0)), b.floats(tokens, s.NH, constant(0))
			b.run(func(sc *script) { sc.attention(xs, y.array, lse.array, s.T, s.window, n) })
			dy := b.halves(tokens, C, C, b.normal)
			d, ds := b.sides(tokens, C, constant(0))
			along := b.floats(tokens, s.NH, constant(0))
			b.run(func(sc *script) {
				sc.attentionBackward(xs, ds, y.array, dy.array, lse.array, along.array, s.T, s.window, n)
			})
			got, ys := b.read(d), b.read(y)
			for i := range s.sequences {
				rows := func(v []float64, cols int) []float64 { return v[i*s.T*cols : (i+1)*s.T*cols] }
				tape := &kerneltest.Tape{}
				part := func(j int) *kerneltest.Var {
					v := columns(rows(x.v, 3*C), C, j*C)
					return tape.Leaf(s.T, C, v, make([]float64, len(v)))
				}
				q, k, v := part(0), part(1), part(2)
				want := tape.Attention(q, k, v, s.NH, s.window)
				copy(want.G, rows(dy.v, C))
				tape.Backward()
				// Probabilities and their gradients are rounded to bf16, up to 2^-8 each (with a single key in all of a row at once), before they
				// multiply; so are y and dy in between, and the outputs.
				b.close("y", rows(ys, C), want.V, 5e-3)
				scores := 1e-2
				if s.T == 1 {
					scores = 0.1 // of nothing: one key has no slope, and what is left is the rounding of y
				}
				b.close("dq", columns(rows(got, 3*C), C, 0), q.G, scores)
				b.close("dk", columns(rows(got, 3*C), C, C), k.G, scores)
				b.close("dv", columns(rows(got, 3*C), C, 2*C), v.G, 5e-3)
				sums := logSums(x.v, s.headShape, s.window)
				b.sized("lse", b.read(numbers{array: lse.array, double: true}), sums, 0, 2*single, max(rms(sums), 1))
			}
		}})
	}
	return all
}

// logSums is the logarithm of the sum of exponentials of each query and head.
func logSums(x []float64, s headShape, window int) []float64 {
	C := s.NH * s.HS
	out := make([]float64, s.sequences*s.T*s.NH)
	for i := range out {
		t, n, sum := i/s.NH, i%s.NH, 0.0
		for key := max(0, t%s.T-window) + t/s.T*s.T; key <= t; key++ {
			score := 0.0
			for j := range s.HS {
				score += x[t*3*C+n*s.HS+j] * x[key*3*C+C+n*s.HS+j]
			}
			sum += math.Exp(score / math.Sqrt(float64(s.HS)))
		}
		out[i] = math.Log(sum)
	}
	return out
}
