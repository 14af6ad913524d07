//go:build openblas

// The openblas command multiplies at the shapes of small GPTs with mat and with OpenBLAS, turn about in one process on one
// core, and prints both rates, their ratio, and the processor's peak measured between them. It measures processor time, which a
// busy neighbour hardly changes.
//
// It needs OpenBLAS and a C compiler: go run -tags openblas ./kernels/cpu/bench/openblas
package main

/*
#cgo LDFLAGS: -lopenblas
#include <cblas.h>
#include <time.h>
extern char *openblas_get_corename(void);
extern char *openblas_get_config(void);
*/
import "C"

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

// layers are inputs and outputs of the model's layers at widths 64, 128 and 256, and of its heads.
var layers = [][2]int{{64, 64}, {64, 256}, {128, 128}, {128, 512}, {256, 256}, {256, 1024}, {64, 1024}, {64, 2048}, {128, 1024}, {256, 4096}}

func main() {
	rounds := flag.Int("rounds", 12, "measurements of each, of which the fastest counts")
	pad := flag.Int("pad", 16, "floats between the rows of activations, for both")
	flag.Parse()
	runtime.LockOSThread()
	C.openblas_set_num_threads(1)
	fmt.Printf("%s, kernels for %s; mode %v\n", C.GoString(C.openblas_get_config()), C.GoString(C.openblas_get_corename()), arith.Default())
	fmt.Println("   T    D    F |  NT ours blas ratio |  NN ours blas ratio |  TN ours blas ratio | peak")
	u := mat.New(arith.Default())
	r := rand.New(rand.NewPCG(1, 1))
	var flops, ours, theirs, best float64
	for _, t := range []int{256, 512, 1024, 2048, 4096} {
		var flopsT, oursT, theirsT float64
		for _, l := range layers {
			d, f := l[0], l[1]
			x, w, y := matrix(r, t, d, *pad), matrix(r, f, d, 0), matrix(r, t, f, *pad)
			fmt.Printf("%4d %4d %4d", t, d, f)
			size := 2 * float64(t*d*f)
			peak := 0.0
			for _, layout := range []mat.Layout{mat.NT, mat.NN, mat.TN} {
				c, a, b := y, x, w
				switch layout {
				case mat.NN:
					c, a, b = x, y, w
				case mat.TN:
					c, a, b = matrix(r, f, d, 0), y, x
				}
				n := int(1e8/size) + 1
				mine, blas := math.Inf(1), math.Inf(1)
				for range *rounds {
					mine = min(mine, seconds(func() {
						for range n {
							u.Mul(c, a, b, layout, mat.Epilogue{})
						}
					}))
					blas = min(blas, seconds(func() {
						for range n {
							sgemm(c, a, b, layout)
						}
					}))
					const loops = 400_000 // 0.7 ms, for clock counts microseconds
					peak = max(peak, mat.PeakFLOPs(loops)/seconds(func() { mat.Peak(loops) }))
				}
				mine, blas = mine/float64(n), blas/float64(n)
				fmt.Printf(" | %8.1f %5.1f %4.2f", size/mine/1e9, size/blas/1e9, blas/mine)
				flopsT, oursT, theirsT = flopsT+size, oursT+mine, theirsT+blas
			}
			best = max(best, peak)
			fmt.Printf(" | %5.1f\n", peak/1e9)
		}
		summary(fmt.Sprintf("T %d", t), flopsT, oursT, theirsT, best)
		flops, ours, theirs = flops+flopsT, ours+oursT, theirs+theirsT
	}
	summary("all", flops, ours, theirs, best)
}

// summary weighs shapes by their FLOPs: seconds and peak FLOP/s.
func summary(what string, flops, ours, theirs, peak float64) {
	fmt.Printf("%s, FLOP-weighted: ours %.1f GFLOP/s (%.1f %% of the peak of %.1f), OpenBLAS %.1f, ratio %.3f\n",
		what, flops/ours/1e9, 100*flops/ours/peak, peak/1e9, flops/theirs/1e9, theirs/ours)
}

func matrix(r *rand.Rand, rows, cols, pad int) mat.Matrix {
	m := mat.Window(make([]float32, rows*(cols+pad)), rows, cols, cols+pad)
	for i := range m.V {
		m.V[i] = float32(r.NormFloat64())
	}
	return m
}

func seconds(f func()) float64 {
	start := C.clock()
	f()
	return float64(C.clock()-start) / float64(C.CLOCKS_PER_SEC)
}

// sgemm is the same product by OpenBLAS.
func sgemm(c, a, b mat.Matrix, layout mat.Layout) {
	ta, tb, k := C.enum_CBLAS_TRANSPOSE(C.CblasNoTrans), C.enum_CBLAS_TRANSPOSE(C.CblasNoTrans), a.Cols
	if layout == mat.TN {
		ta, k = C.CblasTrans, a.Rows
	}
	if layout == mat.NT {
		tb = C.CblasTrans
	}
	C.cblas_sgemm(C.CblasRowMajor, ta, tb, C.int(c.Rows), C.int(c.Cols), C.int(k), 1, (*C.float)(&a.V[0]), C.int(a.Stride),
		(*C.float)(&b.V[0]), C.int(b.Stride), 0, (*C.float)(&c.V[0]), C.int(c.Stride))
}
