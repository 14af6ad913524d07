//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestAdamW runs three steps of a size for each width against float64.
func trialsAdamW() (all []trial) {
	for _, n := range []int{1, 13, 264, 5000} {
		all = append(all, trial{fmt.Sprint(n), func(b *bench) {
			p, g, m, v := b.floats(1, n, b.normal), b.floats(1, n, b.normal), b.floats(1, n, constant(0)), b.floats(1, n, constant(0))
			copied := b.halves(1, n, n, constant(0))
			w := weight{Weight: gpt.Weight{Role: gpt.Head, Rows: 1, Cols: n, LR: 0.1, Beta1: 0.8, Beta2: 0.95}, p: p.at, g: g.at, first: m.at, second: v.at, copy: copied.at}
			o, want := kerneltest.NewOptimizer([]gpt.Weight{w.Weight}), slices.Clone(p.v)
			for step := int64(1); step <= 3; step++ {
				s := gpt.StepScalars{Step: step, Rate: 1 / float64(step)}
				o.Update(0, want, g.v, s)
				rates := b.alloc(2 * sizeFloat)
				size, root := adamRates(w.Weight, s)
				b.write(driver.Write(b.Device, rates, []float32{size, root}))
				b.run(func(sc *script) { sc.adamw(w, rates) })
				// The gradient is zero now; the next is drawn anew.
				if at := slices.IndexFunc(b.read(g), func(x float64) bool { return x != 0 }); at >= 0 {
					b.Errorf("%d numbers: number %d of the gradient is not zero after the update", n, at)
				}
				next := b.floats(1, n, b.normal)
				g.v = next.v
				b.run(func(sc *script) { sc.addParts(g.at, next.at, n, 1) })
			}
			b.near("p", p, want, 0, single)
			b.near("copy", copied, want, half, single)
		}})
	}
	return all
}

func trialsCopy() []trial {
	return []trial{{"5000", func(b *bench) {
		p, copied := b.floats(1, 5000, b.normal), b.halves(1, 5000, 5000, constant(0))
		b.run(func(sc *script) {
			sc.roundCopy(weight{Weight: gpt.Weight{Rows: 1, Cols: 5000}, p: p.at, copy: copied.at})
		})
		b.near("copy", copied, p.v, half, 0)
	}}}
}

// muonShapes are one row, squares, both oblong ways, odd numbers of rows, several tiles.
var muonShapes = []struct{ rows, cols, count int }{{1, 8, 1}, {3, 18, 2}, {24, 24, 3}, {8, 2, 2}, {96, 24, 2}, {24, 96, 1}, {130, 136, 1}, {264, 66, 1}}

// TestMuon compares two updates with float64 that is rounded to bf16 where the device rounds: without that, directions in which
// a matrix has almost nothing would differ by as much as they have, since Polar Express magnifies them a thousand times.
func trialsMuon() (all []trial) {
	for _, s := range muonShapes {
		all = append(all, trial{fmt.Sprint(s), func(b *bench) {
			size, long := s.rows*s.cols, max(s.rows, s.cols)
			var table []muonMatrix
			type one struct{ p, g, m, second, copied numbers }
			var all []one
			for i := range s.count {
				o := one{b.floats(s.rows, s.cols, b.normal), b.floats(s.rows, s.cols, b.normal), b.floats(s.rows, s.cols, b.normal),
					b.floats(1, long, func() float64 { return math.Abs(b.normal()) }), b.halves(s.rows, s.cols, s.cols, constant(0))}
				all = append(all, o)
				table = append(table, muonMatrix{p: o.p.at, g: o.g.at, m: o.m.at, second: o.second.at, copy: o.copied.at, rate: 0.02 * float32(i+1)})
			}
			matrices := b.alloc(len(table) * 48)
			b.write(driver.Write(b.Device, matrices, table))
			scalars := b.floats(1, 3, constant(0))
			b.write(driver.Write(b.Device, scalars.at, []float32{0.9, 0.5, 0.3}))
			x, gram, sums, norms, means := muonNeeds(s.rows, s.cols, s.count)
			scratch := muonScratch{x: b.alloc(2 * x), y: b.alloc(2 * x), a: b.alloc(2 * gram), b: b.alloc(2 * gram),
				sums: b.alloc(4 * sums), norms: b.alloc(4 * norms), means: b.alloc(4 * means)}
			b.run(func(sc *script) { sc.muon(matrices, scalars.at, s.rows, s.cols, s.count, scratch) })
			for i, o := range all {
				rate := 0.02 * float64(i+1) * 0.5
				m, second, p := slices.Clone(o.m.v), slices.Clone(o.second.v), slices.Clone(o.p.v)
				u := make([]float64, size)
				for j, g := range o.g.v {
					m[j] += 0.1 * (g - m[j])
					u[j] = g + 0.9*(m[j]-g)
				}
				u = evenOut(roundedPolarExpress(u, s.rows, s.cols), s.rows, s.cols, second)
				got, off, moved := b.read(o.p), 0.0, 0.0
				for j, before := range p {
					plain := before - rate*u[j]
					p[j] = plain
					// Where the update is nearly zero its sign, and so whether there is decay, is a matter of rounding.
					decayed := plain - rate*0.3*before
					if math.Abs(u[j]) < 0.05 && math.Abs(got[j]-decayed) < math.Abs(got[j]-plain) || math.Abs(u[j]) >= 0.05 && u[j]*before >= 0 {
						p[j] = decayed
					}
					off += (got[j] - p[j]) * (got[j] - p[j])
					moved += (p[j] - before) * (p[j] - before)
				}
				if !(math.Sqrt(off) <= 0.01*math.Sqrt(moved)) {
					b.Errorf("matrix %d is off by %.3g of what it moved, want at most 0.01", i, math.Sqrt(off/moved))
				}
				b.near("m", o.m, m, 0, single)
				b.near("second", o.second, second, 2e-3, 1e-4)
				b.near("copy", o.copied, got, half, 0)
				if at := slices.IndexFunc(b.read(o.g), func(x float64) bool { return x != 0 }); at >= 0 {
					b.Errorf("number %d of the gradient is not zero after the update", at)
				}
			}
		}})
	}
	return all
}

func round(x []float64) []float64 {
	for i, v := range x {
		x[i] = float64(fromBF16(toBF16(float32(v))))
	}
	return x
}

// roundedPolarExpress is algorithm 2 of arXiv 2505.16932, rounded after the scaling and after every product.
func roundedPolarExpress(x []float64, rows, cols int) []float64 {
	if rows > cols {
		return transposed(roundedPolarExpress(transposed(x, rows, cols), cols, rows), cols, rows)
	}
	norm := 0.0
	for _, v := range x {
		norm += v * v
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v / (math.Sqrt(norm)*1.02 + 1e-6)
	}
	round(y)
	product := func(a, b []float64, m, k, n int) []float64 {
		c := make([]float64, m*n)
		for i := range m {
			for l := range k {
				for j := range n {
					c[i*n+j] += a[i*k+l] * b[l*n+j]
				}
			}
		}
		return c
	}
	for _, c := range gpt.PolarExpress {
		a := round(product(y, transposed(y, rows, cols), rows, cols, rows))
		b := product(a, a, rows, rows, rows)
		for i := range b {
			b[i] = c[2]*b[i] + c[1]*a[i]
		}
		next := product(round(b), y, rows, rows, cols)
		for i := range next {
			next[i] += c[0] * y[i]
		}
		y = round(next)
	}
	return y
}

func transposed(x []float64, rows, cols int) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i%cols*rows+i/cols] = v
	}
	return y
}

// evenOut is NorMuon's: second becomes its new state.
func evenOut(x []float64, rows, cols int, second []float64) []float64 {
	place, over := func(i int) int { return i / cols }, cols
	if rows < cols {
		place, over = func(i int) int { return i % cols }, rows
	}
	means, before, after := make([]float64, len(second)), 0.0, 0.0
	for i, v := range x {
		means[place(i)] += v * v / float64(over)
		before += v * v
	}
	for i := range second {
		second[i] += (1 - gpt.NorMuonBeta2) * (means[i] - second[i])
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v / math.Sqrt(math.Max(second[place(i)], 1e-10))
		after += out[i] * out[i]
	}
	for i := range out {
		out[i] *= math.Sqrt(before / after)
	}
	return out
}
