//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// rowShapes are tokens and channels: one row, a block and a half of rows, widths for both kinds of access, one beyond a warp's
// reach.
var rowShapes = [][2]int{{1, 2}, {3, 18}, {13, 64}, {9, 512}, {12, 518}, {8, 264}}

func (b *bench) tape(n numbers) (*kerneltest.Tape, *kerneltest.Var) {
	tape := &kerneltest.Tape{}
	return tape, leaf(tape, n)
}

func leaf(t *kerneltest.Tape, n numbers) *kerneltest.Var {
	return t.Leaf(n.rows, n.cols, n.v, make([]float64, len(n.v)))
}

func trialsNorm() (all []trial) {
	for _, shape := range rowShapes {
		all = append(all, trial{fmt.Sprint(shape), func(b *bench) {
			rows, cols := shape[0], shape[1]
			x := b.halves(rows, cols, cols, b.normal)
			h, r := b.halves(rows, cols, cols, constant(0)), b.floats(rows, 1, constant(0))
			b.run(func(s *script) { s.norm(x.array, h.array, r.array) })
			tape, vx := b.tape(x)
			y := tape.Norm(vx)
			b.near("h", h, y.V, half, single)

			// The backward pass sees h as it was rounded; so does the reference, where h stands for x and r for its 1/rms.
			hs, rs := b.read(h), b.read(r)
			for _, first := range []bool{true, false} {
				dh, dx := b.halves(rows, cols, cols, b.normal), b.halves(rows, cols, cols, b.normal)
				b.run(func(s *script) { s.normBackward(h.array, dh.array, r.array, dx.array, first) })
				want := normGradient(hs, dh.v, rs, cols)
				if !first {
					for i, v := range dx.v {
						want[i] += v
					}
				}
				b.near(fmt.Sprintf("dx, first %t", first), dx, want, half, single)
			}
			// With exact h the formula is the tape's gradient; this holds normGradient itself against it.
			dh := b.halves(rows, cols, cols, b.normal)
			copy(y.G, dh.v)
			tape.Backward()
			checkSame(b, normGradient(y.V, dh.v, rs, cols), vx.G)
		}})
	}
	return all
}

// normGradient is r*(dh - h*mean(dh*h)) by rows.
func normGradient(h, dh, r []float64, cols int) []float64 {
	dx := make([]float64, len(h))
	for t := range r {
		mean := 0.0
		for c := range cols {
			mean += dh[t*cols+c] * h[t*cols+c] / float64(cols)
		}
		for c := range cols {
			dx[t*cols+c] = r[t] * (dh[t*cols+c] - h[t*cols+c]*mean)
		}
	}
	return dx
}

func checkSame(b *bench, got, want []float64) {
	b.Helper()
	for i, w := range want {
		if d := got[i] - w; !(d < 1e-4 && d > -1e-4) {
			b.Fatalf("number %d of the formula is %.9g, of the tape %.9g", i, got[i], w)
		}
	}
}

func trialsMixNorm() (all []trial) {
	for _, shape := range rowShapes {
		all = append(all, trial{fmt.Sprint(shape), func(b *bench) {
			rows, cols := shape[0], shape[1]
			half8 := func() numbers { return b.halves(rows, cols, cols, b.normal) }
			x, x0, y, h := half8(), half8(), half8(), half8()
			r, resid, skip := b.floats(rows, 1, constant(0)), b.floats(1, 1, constant(0.7)), b.floats(1, 1, constant(-0.4))
			b.run(func(s *script) { s.mixNorm(x.array, x0.array, y.array, h.array, r.array, resid.at, skip.at) })
			tape, vx := b.tape(x)
			b.near("y", y, tape.Mix(vx, leaf(tape, x0), leaf(tape, resid), leaf(tape, skip)).V, half, single)
			rounded := numbers{array: y.array, v: b.read(y)}
			b.near("h", h, tape.Norm(leaf(tape, rounded)).V, half, single)

			for _, first := range []bool{true, false} {
				dh, dx, dskip := half8(), half8(), half8()
				dresid, dlambda := b.floats(1, 1, constant(3)), b.floats(1, 1, constant(5))
				scratch := b.alloc(2 * ceil(rows, rowsPerBlock) * sizeFloat)
				b.run(func(s *script) {
					s.mixNormBackward(h.array, dh.array, r.array, dx.array, x.array, x0.array, dskip.array,
						lambdas{resid.at, skip.at, dresid.at, dlambda.at}, scratch, first)
				})
				dy := normGradient(b.read(h), dh.v, b.read(r), cols)
				wantSkip, wantX := make([]float64, len(dy)), make([]float64, len(dy))
				alongX, alongX0 := 3.0, 5.0
				for i := range dy {
					dy[i] += dx.v[i]
					alongX += dy[i] * x.v[i]
					alongX0 += dy[i] * x0.v[i]
					wantX[i], wantSkip[i] = resid.v[0]*dy[i], skip.v[0]*dy[i]
					if !first {
						wantSkip[i] += dskip.v[i]
					}
				}
				b.near("dx", dx, wantX, half, single)
				b.near("dskip", dskip, wantSkip, half, single)
				b.near("dresid", dresid, []float64{alongX}, 0, 1e-4)
				b.near("dlambda", dlambda, []float64{alongX0}, 0, 1e-4)
			}
		}})
	}
	return all
}
