//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// adamwArguments is AdamWArguments of source/adamw.cu.
type adamwArguments struct {
	p, g, m, v, copy, rates driver.Pointer
	n                       int64
	share1, share2, eps     float32
	_                       int32
}

// weight is a trained array on the device, one number behind the other: itself, its gradient and its moments in float32, and for
// what products read, a copy in bfloat16.
type weight struct {
	gpt.Weight
	p, g, first, second, copy driver.Pointer
}

func (w weight) size() int { return w.Rows * w.Cols }

// adamw appends an update. rates points to size and root, see source/adamw.cu.
func (s *script) adamw(w weight, rates driver.Pointer) {
	wide := 1
	if width(w.size()) == 8 {
		wide = 8
	}
	launch(s, fmt.Sprintf("adamw_%d", wide), line(ceil(w.size(), 256*wide)), 256, 0, adamwArguments{p: w.p, g: w.g, m: w.first, v: w.second, copy: w.copy,
		rates: rates, n: int64(w.size()), share1: float32(1 - w.Beta1), share2: float32(1 - w.Beta2), eps: gpt.AdamEps})
}

// adamRates is what the update of a weight needs at a step: rate/(1-beta1^step) and 1/sqrt(1-beta2^step).
func adamRates(w gpt.Weight, s gpt.StepScalars) (size, root float32) {
	n := float64(s.Step)
	return float32(w.LR * s.Rate / (1 - math.Pow(w.Beta1, n))), float32(1 / math.Sqrt(1-math.Pow(w.Beta2, n)))
}

// copyArguments is CopyArguments of source/adamw.cu.
type copyArguments struct {
	p, copy driver.Pointer
	n       int64
}

// roundCopy appends the making of a weight's copy.
func (s *script) roundCopy(w weight) {
	launch(s, "round_copy", line(ceil(w.size(), 256)), 256, 0, copyArguments{p: w.p, copy: w.copy, n: int64(w.size())})
}

// muonMatrix is Matrix of source/muon.cu.
type muonMatrix struct {
	p, g, m, second, copy driver.Pointer
	rate                  float32
	_                     int32
}

// muonArguments is MuonArguments of source/muon.cu.
type muonArguments struct {
	matrices, scalars, x, sums, norms, means driver.Pointer
	rows, cols, stride, perBlock             int32
}

// muonScratch is memory for the largest group of matrices of one shape.
type muonScratch struct {
	x, y, a, b         driver.Pointer // bfloat16: two of the matrices, two of their smaller Gram matrices
	sums, norms, means driver.Pointer // float32
}

// muonPerBlock is how many numbers a block of muon_momentum takes.
const muonPerBlock = 1 << 13

// padded is the stride of rows of so many numbers, where nothing forbids it to be a multiple of 8.
func padded(cols int) int { return ceil(cols, 8) * 8 }

// muonNeeds is the numbers of each part of muonScratch that a group of matrices takes.
func muonNeeds(rows, cols, count int) (x, gram, sums, norms, means int) {
	short := min(rows, cols)
	return count * rows * padded(cols), count * short * padded(short), count * ceil(rows*cols, muonPerBlock), count, count * max(rows, cols)
}

// muon appends the update of count matrices of one shape, listed at matrices. scalars points to momentum, rate and decay.
func (s *script) muon(matrices, scalars driver.Pointer, rows, cols, count int, m muonScratch) {
	a := muonArguments{matrices: matrices, scalars: scalars, x: m.x, sums: m.sums, norms: m.norms, means: m.means,
		rows: int32(rows), cols: int32(cols), stride: int32(padded(cols)), perBlock: muonPerBlock}
	blocks, all := ceil(rows*cols, muonPerBlock), [3]int{ceil(rows*cols, 256), 1, count}
	launch(s, "muon_momentum", [3]int{blocks, 1, count}, 256, 8*sizeFloat, a)
	s.addColumn(m.norms, m.sums, blocks, count, 1, true)
	launch(s, "muon_scale", all, 256, 0, a)
	a.x = s.polarExpress(rows, cols, count, m)
	squares := ceil(cols, 256)
	if rows >= cols {
		squares = ceil(rows, 8)
	}
	launch(s, "muon_squares", [3]int{squares, 1, count}, 256, 0, a)
	launch(s, "muon_variance", [3]int{1, 1, count}, 256, 8*sizeFloat, a)
	launch(s, "muon_apply", all, 256, 0, a)
}

// polarExpress brings the singular values of the matrices at m.x near 1, using m.y in turn, and returns where the result is. The
// Gram matrix is that of the shorter side.
func (s *script) polarExpress(rows, cols, count int, m muonScratch) driver.Pointer {
	short, stride, side := min(rows, cols), padded(cols), padded(min(rows, cols))
	x, y := array{m.x, rows, cols, stride}, array{m.y, rows, cols, stride}
	a, b := array{m.a, short, short, side}, array{m.b, short, short, side}
	whole, gram := int64(rows*stride), int64(short*side)
	for _, c := range gpt.PolarExpress {
		l := nt
		if rows > cols {
			l = tn
		}
		s.multiply(l, a, x, x, count, matrixArguments{batchA: whole, batchB: whole, batchD: gram})
		s.multiply(nt, b, a, a, count, matrixArguments{batchA: gram, batchB: gram, batchD: gram,
			epilogue: blend, aux: a.at, alpha: float32(c[2]), beta: float32(c[1])})
		e := matrixArguments{batchD: whole, epilogue: blend, aux: x.at, alpha: 1, beta: float32(c[0])}
		if rows > cols {
			e.batchA, e.batchB = whole, gram
			s.multiply(nn, y, x, b, count, e)
		} else {
			e.batchA, e.batchB = gram, whole
			s.multiply(nn, y, b, x, count, e)
		}
		x, y = y, x
	}
	return x.at
}
