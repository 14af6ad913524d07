//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
)

// matrixShapes are M, N, K and the extra length of strides: smaller than any tile, edges of tiles, several tiles and stages, and odd
// ones in rows padded to even strides.
var matrixShapes = []struct{ m, n, k, pad int }{
	{1, 6, 2, 0}, {3, 5, 7, 1}, {64, 64, 32, 0}, {65, 66, 70, 0}, {16, 136, 200, 8}, {130, 129, 33, 1}, {128, 256, 96, 0}, {200, 136, 264, 0},
}

// product64 multiplies in float64 what lies on the device.
func product64(l form, a, b numbers, m, n, k int) []float64 {
	c := make([]float64, m*n)
	for i := range m {
		for j := range n {
			for x := range k {
				at, bt := i*a.cols+x, x*b.cols+j
				if l == tn {
					at = x*a.cols + i
				}
				if l == nt {
					bt = j*b.cols + x
				}
				c[i*n+j] += a.v[at] * b.v[bt]
			}
		}
	}
	return c
}

// even is the stride of rows of n numbers.
func even(n, pad int) int { return (n+pad)/2*2 + n%2*(1-pad%2)*2 }

func (b *bench) operands(l form, m, n, k, pad int) (numbers, numbers) {
	am, ak := m, k
	if l == tn {
		am, ak = k, m
	}
	bn, bk := k, n
	if l == nt {
		bn, bk = n, k
	}
	return b.halves(am, ak, even(ak, pad), b.normal), b.halves(bn, bk, even(bk, pad), b.normal)
}

func trialsProducts() (all []trial) {
	for _, l := range []form{nt, nn, tn} {
		for _, s := range matrixShapes {
			all = append(all, trial{fmt.Sprintf("%s %dx%dx%d", l, s.m, s.n, s.k), func(b *bench) {
				va, vb := b.operands(l, s.m, s.n, s.k, s.pad)
				want := product64(l, va, vb, s.m, s.n, s.k)
				d := b.halves(s.m, s.n, even(s.n, s.pad), constant(0))
				b.run(func(x *script) { x.multiply(l, d.array, va.array, vb.array, 1, matrixArguments{}) })
				b.near("stored", d, want, half, single)
			}})
		}
	}
	return all
}

func trialsEpilogues() (all []trial) {
	for _, s := range matrixShapes {
		all = append(all, trial{fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k), func(b *bench) {
			operands, ab := map[form][2]numbers{}, map[form][]float64{}
			for _, l := range []form{nt, nn} {
				x, y := b.operands(l, s.m, s.n, s.k, s.pad)
				operands[l], ab[l] = [2]numbers{x, y}, product64(l, x, y, s.m, s.n, s.k)
			}
			fresh := func() numbers { return b.halves(s.m, s.n, even(s.n, s.pad), b.normal) }
			aux, d, u := fresh(), fresh(), fresh()
			check := func(what string, l form, e matrixArguments, out numbers, formula func(p, x float64) float64) {
				b.run(func(x *script) { x.multiply(l, out.array, operands[l][0].array, operands[l][1].array, 1, e) })
				want := make([]float64, len(ab[l]))
				for i, p := range ab[l] {
					want[i] = formula(p, aux.v[i])
				}
				b.near(what, out, want, half, 3*single)
			}
			check("add", nt, matrixArguments{epilogue: addAux, aux: aux.at}, d, func(p, x float64) float64 { return x + p })
			check("relu2", nt, matrixArguments{epilogue: relu2, u: u.at}, d, func(p, _ float64) float64 { return max(p, 0) * max(p, 0) })
			positive := make([]float64, len(ab[nt]))
			for i, p := range ab[nt] {
				positive[i] = max(p, 0)
			}
			b.near("u", u, positive, half, single)
			check("relu2 backward", nn, matrixArguments{epilogue: relu2Backward, aux: aux.at}, d, func(p, x float64) float64 { return 2 * x * p })
			for _, l := range []form{nt, nn} {
				check("blend", l, matrixArguments{epilogue: blend, aux: aux.at, alpha: -1.5, beta: 0.25}, d, func(p, x float64) float64 { return -1.5*p + 0.25*x })
			}
		}})
	}
	return all
}

func trialsBatches() (all []trial) {
	for _, s := range []struct{ m, n, k int }{{24, 40, 48}, {136, 128, 72}} {
		for _, l := range []form{nt, nn, tn} {
			all = append(all, trial{fmt.Sprintf("three of %s %dx%dx%d", l, s.m, s.n, s.k), func(b *bench) { checkBatch(b, l, s.m, s.n, s.k) }})
		}
	}
	return all
}

func checkBatch(b *bench, l form, m, n, k int) {
	const count = 3
	am, ak, bn, bk := m, k, k, n
	if l == tn {
		am, ak = k, m
	}
	if l == nt {
		bn, bk = n, k
	}
	a, c, d := b.halves(count*am, ak, ak, b.normal), b.halves(count*bn, bk, bk, b.normal), b.halves(count*m, n, n, b.normal)
	b.run(func(s *script) {
		s.multiply(l, array{d.at, m, n, n}, array{a.at, am, ak, ak}, array{c.at, bn, bk, bk}, count,
			matrixArguments{batchA: int64(m * k), batchB: int64(n * k), batchD: int64(m * n)})
	})
	var want []float64
	for i := range count {
		va, vc := numbers{array: array{cols: ak}, v: a.v[i*m*k : (i+1)*m*k]}, numbers{array: array{cols: bk}, v: c.v[i*n*k : (i+1)*n*k]}
		want = append(want, product64(l, va, vc, m, n, k)...)
	}
	b.near("batch", d, want, half, single)
}

// TestWeightGradients adds to what is there, in one piece and in parts of K.
func trialsWeightGradients() (all []trial) {
	for _, s := range []struct{ m, n, tokens, parts int }{{6, 10, 5, 1}, {64, 128, 1100, 4}, {130, 256, 1537, 3}, {18, 18, 700, 2}} {
		all = append(all, trial{fmt.Sprint(s), func(b *bench) {
			dy, x := b.halves(s.tokens, s.m, s.m, b.normal), b.halves(s.tokens, s.n, s.n, b.normal)
			g, parts := b.floats(s.m, s.n, b.normal), b.floats(s.parts, s.m*s.n, constant(0))
			b.run(func(sc *script) { sc.gradient(g.array, dy.array, x.array, parts.array) })
			want := product64(tn, dy, x, s.m, s.n, s.tokens)
			for i := range want {
				want[i] += g.v[i]
			}
			b.near("gradient", g, want, 0, 4*single)
		}})
	}
	return all
}

func trialsAddColumn() (all []trial) {
	for _, n := range []int{1, 31, 256, 5000} {
		all = append(all, trial{fmt.Sprint(n), func(b *bench) {
			v, d := b.floats(3, n, b.normal), b.floats(3, 2, constant(1))
			b.run(func(s *script) { s.addColumn(d.at, v.at, n, 3, 2, false) })
			want := []float64{1, 1, 1, 1, 1, 1}
			for i, x := range v.v {
				want[i/n*2] += x
			}
			b.near("sums", d, want, 0, 1e-4)
		}})
	}
	return all
}
