//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// matrixArguments is MatrixArguments of source/matrix.cu.
type matrixArguments struct {
	a, b, d, aux, u           driver.Pointer
	batchA, batchB, batchD    int64
	m, n, k                   int32
	strideA, strideB, strideD int32
	part                      int32
	epilogue                  int32
	alpha, beta               float32
}

// What a product does with its sums; see source/matrix.cu.
const (
	store int32 = iota
	addAux
	relu2
	relu2Backward
	blend
	accumulate
	partial
)

// form says where K is contiguous: in both operands, in a, or in neither.
type form string

const (
	nt form = "nt"
	nn form = "nn"
	tn form = "tn"
)

// multiply appends the product of a and b in a form; M, N and K follow from the arrays. In e, the caller has set what the
// epilogue needs, and the batch strides; count is the number of matrices, or of parts of K.
func (s *script) multiply(l form, d, a, b array, count int, e matrixArguments) {
	e.a, e.b, e.d = a.at, b.at, d.at
	e.strideA, e.strideB, e.strideD = int32(a.stride), int32(b.stride), int32(d.stride)
	M, K := a.rows, a.cols
	if l == tn {
		M, K = a.cols, a.rows
	}
	N, kb := b.cols, b.rows
	if l == nt {
		N, kb = b.rows, b.cols
	}
	if kb != K || d.rows != M || d.cols != N {
		panic(fmt.Sprintf("cuda: product %s of %dx%d and %dx%d into %dx%d", l, a.rows, a.cols, b.rows, b.cols, d.rows, d.cols))
	}
	e.m, e.n, e.k = int32(M), int32(N), int32(K)
	size, tile, threads, shared := "small", 64, 128, smallShared
	if M >= 128 && N >= 128 {
		size, tile, threads, shared = "large", 128, 256, largeShared
	}
	w := width(N, a.stride, b.stride, d.stride, int(e.batchA), int(e.batchB), int(e.batchD),
		int(a.at/sizeBF16), int(b.at/sizeBF16), int(d.at/sizeBF16), int(e.aux/sizeBF16), int(e.u/sizeBF16))
	name := fmt.Sprintf("matrix_%s_%s_%d", l, size, w)
	if s.forHopper(M, N, w) {
		s.multiplyHopper(l, d, a, b, count, e)
		return
	}
	launch(s, name, [3]int{ceil(N, tile), ceil(M, tile), count}, threads, shared, e)
}

// depth is what parts of K are a multiple of: no stage reaches into the next part.
func (d *device) depth() int {
	if d.hopper {
		return hopperDepth
	}
	return 32
}

// Shared memory of a product in bytes: four stages of two operands 32 deep, or the finished tile with padded rows.
const (
	smallShared = 4 * (64 + 64) * 32 * sizeBF16
	largeShared = 128 * (128 + 8) * sizeFloat
)

// gradient appends g += aᵀ*b for operands with one row per token. Long sums are cut so that there are blocks for every
// multiprocessor; the parts are added in order. They fill at most the floats of parts.
func (s *script) gradient(g, a, b array, parts array) {
	tiles := ceil(g.rows, 128) * ceil(g.cols, 128)
	n := min(2*s.Multiprocessors/tiles, parts.rows*parts.cols/(g.rows*g.cols), a.rows/256)
	if n <= 1 {
		s.multiply(tn, g, a, b, 1, matrixArguments{epilogue: accumulate})
		return
	}
	part := ceil(ceil(a.rows, n), s.depth()) * s.depth()
	n = ceil(a.rows, part)
	d := array{parts.at, g.rows, g.cols, g.cols}
	s.multiply(tn, d, a, b, n, matrixArguments{epilogue: partial, batchD: int64(g.rows * g.cols), part: int32(part)})
	s.addParts(g.at, parts.at, g.rows*g.cols, n)
}

// addPartsArguments is AddPartsArguments of source/reduce.cu.
type addPartsArguments struct {
	d, parts driver.Pointer
	size     int64
	count    int32
	_        int32
}

// addParts appends d += the sum of count arrays of size floats, in order.
func (s *script) addParts(d, parts driver.Pointer, size, count int) {
	launch(s, "add_parts", line(ceil(size, 256)), 256, 0, addPartsArguments{d: d, parts: parts, size: int64(size), count: int32(count)})
}

// addColumnArguments is AddColumnArguments of source/reduce.cu.
type addColumnArguments struct {
	d, values    driver.Pointer
	n, step, set int32
	_            int32
}

// addColumn appends d[i*step] += the sum of the n floats at values[i*n], for sums of them; set overwrites instead.
func (s *script) addColumn(d, values driver.Pointer, n, sums, step int, set bool) {
	launch(s, "add_column", line(sums), 256, 8*sizeFloat, addColumnArguments{d: d, values: values, n: int32(n), step: int32(step), set: flag(set)})
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
