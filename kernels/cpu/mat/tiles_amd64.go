package mat

import "github.com/seed161a02ea/bilevel/kernels/cpu/arith"

// floatBytes turns strides in floats, which Go counts in, into strides in bytes, which the assembly counts in.
const floatBytes = 4

// kernel computes n tiles; see gen/product.go.
type kernel func(n, k int, a *float32, rsA, csA, stepA int, b *float32, ldb int, c *float32, ldc int,
	flags int, scale, beta float32, aux *float32, ldaux int)

// maskedKernel computes n tiles of which only the first width columns exist.
type maskedKernel func(n, k int, a *float32, rsA, csA, stepA int, b *float32, ldb int, c *float32, ldc int,
	flags int, scale, beta float32, aux *float32, ldaux int, width int)

// fullKernels and edgeKernels are indexed by mode and rows.
var (
	fullKernels = [...][rowsPerTile + 1]kernel{
		arith.Plain: {1: plain1x16, plain2x16, plain3x16, plain4x16, plain5x16, plain6x16},
		arith.FMA:   {1: fma1x16, fma2x16, fma3x16, fma4x16, fma5x16, fma6x16},
	}
	edgeKernels = [...][rowsPerTile + 1]maskedKernel{
		arith.Plain: {1: plain1x16m, plain2x16m, plain3x16m, plain4x16m, plain5x16m, plain6x16m},
		arith.FMA:   {1: fma1x16m, fma2x16m, fma3x16m, fma4x16m, fma5x16m, fma6x16m},
	}
)

// wideKernel computes n pairs of tiles in two panels of B that lie stepB apart.
type wideKernel func(n, k int, a *float32, rsA, csA, stepA int, b *float32, ldb int, c *float32, ldc int,
	flags int, scale, beta float32, aux *float32, ldaux int, stepB int)

var wideKernels = [...]wideKernel{arith.Plain: plain12x32, arith.FMA: fma12x32}

// widePair computes t.n pairs of tiles of C, in two panels stepB floats apart, whose first element is (i, j).
func (u *Unit) widePair(t *tiles, stepB int, x *product, i, j int) {
	wideKernels[u.mode](t.n, t.k, &t.a.v[0], t.a.row*floatBytes, t.a.col*floatBytes, t.a.step*floatBytes, &t.b[0], t.rowB*floatBytes,
		&x.c.V[i*x.c.Stride+j], x.c.Stride*floatBytes, t.flags, x.e.Scale, x.e.Beta, x.aux(t, i, j), x.e.Aux.Stride*floatBytes, stepB*floatBytes)
}

// aux is where the epilogue finds its matrix, if it needs one.
func (x *product) aux(t *tiles, i, j int) *float32 {
	if t.flags&(flagMix|flagReLU2|flagReLU2Grad) == 0 {
		return nil
	}
	return &x.e.Aux.V[i*x.e.Aux.Stride+j]
}

// tiles computes the tiles of C whose first element is (i, j).
func (u *Unit) tiles(t *tiles, x *product, i, j int) {
	if !u.vector {
		u.portableTiles(t, x, i, j)
		return
	}
	c := &x.c.V[i*x.c.Stride+j]
	a, b, aux := &t.a.v[0], &t.b[0], x.aux(t, i, j)
	rsA, csA, stepA, ldb := t.a.row*floatBytes, t.a.col*floatBytes, t.a.step*floatBytes, t.rowB*floatBytes
	ldc, ldaux := x.c.Stride*floatBytes, x.e.Aux.Stride*floatBytes
	if t.width == panel {
		fullKernels[u.mode][t.rows](t.n, t.k, a, rsA, csA, stepA, b, ldb, c, ldc, t.flags, x.e.Scale, x.e.Beta, aux, ldaux)
		return
	}
	edgeKernels[u.mode][t.rows](t.n, t.k, a, rsA, csA, stepA, b, ldb, c, ldc, t.flags, x.e.Scale, x.e.Beta, aux, ldaux, t.width)
}

// packRowsVector copies rows of exactly 16 floats.
func packRowsVector(dst []float32, src Matrix) {
	packRows16(src.Rows, &src.V[0], src.Stride*floatBytes, &dst[0])
}

// packColumnsVector transposes 16 rows in blocks of eight columns and returns how many columns it did.
func packColumnsVector(dst []float32, src Matrix) int {
	packColumns16(src.Cols/8, &src.V[0], src.Stride*floatBytes, &dst[0])
	return src.Cols &^ 7
}

// packTransposedA copies k rows of 6·full floats into tiles of k×6. The assembly reads two floats past each row's end, which for
// the last row may lie outside the slice: that one is copied here.
func packTransposedA(dst []float32, step int, a operandA, full, k int) {
	if n := k - 1; n > 0 {
		packA6(n, full, &a.v[0], a.col*floatBytes, &dst[0], step*floatBytes)
	}
	last := a.v[(k-1)*a.col:]
	for t := range full {
		copy(dst[t*step+(k-1)*rowsPerTile:][:rowsPerTile], last[t*rowsPerTile:])
	}
}

// transposeBlock copies the 8×8 block at (i, j) to (j, i), transposed.
func transposeBlock(c Matrix, i, j int) {
	transpose8x8(&c.V[i*c.Stride+j], c.Stride*floatBytes, &c.V[j*c.Stride+i], c.Stride*floatBytes)
}
