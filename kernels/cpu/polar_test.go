package cpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestOrthogonaliseIsNearFloat64 compares with float64 for gradients that are hard: of few dimensions, with singular values over
// many orders of magnitude, tiny, huge, and zero. The worst seen is 5e-4 (4x24, of one dimension), where factors near 1000 cancel; train.py
// itself works in bfloat16, which rounds by 4e-3. A product in the wrong order costs 2.5e-3 at 24x96.
func TestOrthogonaliseIsNearFloat64(t *testing.T) {
	for _, shape := range [][2]int{{24, 24}, {96, 24}, {24, 96}, {40, 24}, {4, 24}, {75, 25}, {1, 30}} {
		rows, cols := shape[0], shape[1]
		for name, decay := range map[string]float64{"even": 1, "falling": 0.5, "steep": 0.1, "of one dimension": 0} {
			for _, size := range []float64{1, 1e-12, 1e6} {
				g := graded(rand.New(rand.NewPCG(1, 2)), rows, cols, decay, size)
				want := kerneltest.PolarExpress(g, rows, cols)
				got := orthogonalised(g, rows, cols)
				var off, norm float64
				for i := range want {
					off += (float64(got[i]) - want[i]) * (float64(got[i]) - want[i])
					norm += want[i] * want[i]
				}
				if off := math.Sqrt(off / norm); !(off <= 2e-3) {
					t.Errorf("%dx%d, singular values %s, size %g: off by %.3g of the norm, want at most 2e-3", rows, cols, name, size, off)
				}
			}
		}
		for i, v := range orthogonalised(make([]float64, rows*cols), rows, cols) {
			if v != 0 {
				t.Fatalf("%dx%d: a gradient of zeros becomes %v at %d, want 0", rows, cols, v, i)
			}
		}
	}
}

// graded is a sum of products of random vectors, each smaller than the last by decay, rounded to float32.
func graded(rng *rand.Rand, rows, cols int, decay, size float64) []float64 {
	g := make([]float64, rows*cols)
	for range min(rows, cols) {
		u, v := make([]float64, rows), make([]float64, cols)
		for i := range u {
			u[i] = rng.NormFloat64()
		}
		for j := range v {
			v[j] = rng.NormFloat64()
		}
		for i := range g {
			g[i] += size * u[i/cols] * v[i%cols]
		}
		size *= decay
	}
	for i, x := range g {
		g[i] = float64(float32(x))
	}
	return g
}

func orthogonalised(g []float64, rows, cols int) []float32 {
	var a arena
	weights := []gpt.Weight{{Role: gpt.Matrix, Rows: rows, Cols: cols}}
	layoutMuon(weights, &a)
	a = arena{slab: make([]float32, a.used)}
	b := New(arith.Default(), Config{Threads: 1})
	w := &worker{mul: b.mul(), vec: b.vec(), scratch: scratch{muon: layoutMuon(weights, &a)}}
	x := mat.Window(w.muon.x, rows, cols, padded(cols))
	for i, v := range g {
		rowOf(x, i/cols)[i%cols] = float32(v)
	}
	u := muon{rows: rows, cols: cols}
	x = u.orthogonalise(w, x, mat.Window(w.muon.y, rows, cols, padded(cols)))
	var out []float32
	for i := range rows {
		out = append(out, rowOf(x, i)...)
	}
	return out
}
