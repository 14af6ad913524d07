// Package mat multiplies float32 matrices on one core, at the rate of the processor's fused multiply-add.
//
// Every element of a product is one chain over ascending k, started from zero, or from the old element where the caller
// adds:
//
//	s = C[i,j] or 0;  s = madd(A[i,k], B[k,j], s) for k = 0 … K-1;  C[i,j] = epilogue(s)
//
// with madd as arith.Mode rounds it. So the bits do not depend on blocking, on how callers cut rows, columns or threads, or on
// whether assembly or plain Go did the work; cutting K, and adding, continues the same chain.
package mat

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
)

// Matrix is a row-major window on a slice: element (i, j) is V[i*Stride+j].
type Matrix struct {
	V                  []float32
	Rows, Cols, Stride int
}

// Of is the matrix whose rows lie in v one behind the other.
func Of(v []float32, rows, cols int) Matrix { return Window(v, rows, cols, cols) }

// Window is the matrix whose rows begin stride floats apart in v. Strides that are a multiple of 1024 floats make the rows of
// a tile compete for the same cache lines; 16 floats more avoid it.
func Window(v []float32, rows, cols, stride int) Matrix {
	m := Matrix{V: v, Rows: rows, Cols: cols, Stride: stride}
	m.check("window")
	return m
}

// check panics where the window reaches beyond its slice: assembly would write there.
func (m Matrix) check(name string) {
	if m.Rows < 0 || m.Cols < 0 || m.Stride < m.Cols || m.Rows > 0 && m.Cols > 0 && len(m.V) < (m.Rows-1)*m.Stride+m.Cols {
		panic(fmt.Sprintf("mat: %s %d×%d with stride %d on a slice of %d floats", name, m.Rows, m.Cols, m.Stride, len(m.V)))
	}
}

// Slice is the window on rows [i0, i1) and columns [j0, j1).
func (m Matrix) Slice(i0, i1, j0, j1 int) Matrix {
	if i0 < 0 || i1 < i0 || i1 > m.Rows || j0 < 0 || j1 < j0 || j1 > m.Cols {
		panic(fmt.Sprintf("mat: rows %d to %d, columns %d to %d of a %d×%d matrix", i0, i1, j0, j1, m.Rows, m.Cols))
	}
	if i0 == i1 || j0 == j1 {
		return Matrix{Rows: i1 - i0, Cols: j1 - j0, Stride: m.Stride}
	}
	return Matrix{V: m.V[i0*m.Stride+j0:], Rows: i1 - i0, Cols: j1 - j0, Stride: m.Stride}
}

// Layout says how the operands of a product lie in memory.
type Layout uint8

const (
	NN Layout = iota // C[M,N] = A[M,K] · B[K,N]
	NT               // C[M,N] = A[M,K] · B[N,K]ᵀ
	TN               // C[M,N] = A[K,M]ᵀ · B[K,N]
)

// Epilogue is what happens to an element's chain s before it is stored. The zero Epilogue stores it as it is. Scale comes
// first, then at most one of Mix, ReLU2 and ReLU2Grad.
type Epilogue struct {
	Add   bool    // the chain starts from C instead of zero
	Scale float32 // s = Scale·s; 0 means 1
	Op    Op
	Beta  float32 // for Mix
	Aux   Matrix  // of C's shape, for every Op but Store
}

// Op is an operation fused behind a product.
type Op uint8

const (
	Store     Op = iota // C = s
	Mix                 // C = madd(Beta, Aux, s)
	ReLU2               // Aux = max(s, 0), C = Aux²
	ReLU2Grad           // C = s·2·Aux, the gradient of ReLU2 where Aux is what it left
)

// Unit multiplies for one goroutine: it holds the mode and the packing buffers. It never allocates after New.
type Unit struct {
	mode   arith.Mode
	vector bool      // AVX2
	wide   bool      // AVX-512 too
	a, b   []float32 // a block of A and a block of B, packed
}

// Blocking, in floats. A panel of B (blockK×16) stays in the first-level cache while the rows of a block of A pass by; a
// block of A (blockM×blockK) stays in the second level while the panels pass. None of them changes a bit.
const (
	blockK = 256
	blockM = 96
	blockN = 512
)

// New returns a unit that computes in the given mode with the fastest kernels of this processor.
func New(mode arith.Mode) *Unit { return newUnit(mode, arith.Vector, arith.Wide) }

// NewPortable returns a unit that computes the same bits in plain Go.
func NewPortable(mode arith.Mode) *Unit { return newUnit(mode, false, false) }

func newUnit(mode arith.Mode, vector, wide bool) *Unit {
	return &Unit{mode: mode, vector: vector, wide: wide,
		a: make([]float32, blockM*(blockK+slackA)),
		b: make([]float32, blockN*blockK)}
}

// Mul computes C = epilogue(A·B), the operands as layout says. C must not overlap A or B; it may be Aux.
func (u *Unit) Mul(c, a, b Matrix, layout Layout, e Epilogue) {
	b.check("B")
	k := b.Rows
	if layout == NT {
		k = b.Cols
	}
	u.mul(c, a, layout == TN, operandB{m: b, transposed: layout == NT}, k, e)
}

// String names the layout.
func (l Layout) String() string { return [...]string{"NN", "NT", "TN"}[l] }
