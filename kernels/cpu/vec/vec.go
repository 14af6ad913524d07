// Package vec computes what lies between the matrix products of a GPT, eight numbers at a time: norms, rotations, exponentials,
// their gradients, and the element-wise part of optimizers.
//
// A Unit works in one arith.Mode. Its assembly and its plain Go give the same bits: both follow the formulas in the comments, in
// which x*y + z and z - x*y stand for one madd of the mode and every other operation rounds by itself. A sum over a row runs in eight
// lanes, element i in lane i%8, from zero, and ends in the tree ((0+4)+(2+6)) + ((1+5)+(3+7)).
package vec

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

// Unit is the arithmetic of one mode. It has no state and may be used by many goroutines.
type Unit struct {
	mode   arith.Mode
	vector bool
}

// New returns a unit that computes in the given mode with the fastest kernels of this processor.
func New(mode arith.Mode) Unit { return Unit{mode: mode, vector: arith.Vector} }

// NewPortable returns a unit that computes the same bits in plain Go.
func NewPortable(mode arith.Mode) Unit { return Unit{mode: mode} }

// choose is the kernel of the unit's mode.
func choose[F any](u Unit, plain, fma F) F {
	if u.mode == arith.FMA {
		return fma
	}
	return plain
}

// bytes turns a stride in floats, as Go counts, into one in bytes, as the assembly counts.
func bytes(floats int) int { return 4 * floats }

// row is row i of a matrix.
func row(m mat.Matrix, i int) []float32 { return m.V[i*m.Stride : i*m.Stride+m.Cols] }

// same panics unless all matrices have the shape of the first. It reports whether there is anything to compute.
func same(op string, first mat.Matrix, others ...mat.Matrix) bool {
	for _, m := range others {
		if m.Rows != first.Rows || m.Cols != first.Cols {
			panic(fmt.Sprintf("vec: %s: %d×%d matrix beside one of %d×%d", op, m.Rows, m.Cols, first.Rows, first.Cols))
		}
	}
	return first.Rows > 0 && first.Cols > 0
}

// column panics unless r has a number for each of the rows of m.
func column(op string, r, m mat.Matrix, cols int) {
	if r.Rows != m.Rows || r.Cols < cols {
		panic(fmt.Sprintf("vec: %s: %d×%d numbers for %d rows, want %d a row", op, r.Rows, r.Cols, m.Rows, cols))
	}
}
