//go:build !amd64

package mat

// Processors without assembly have no vector units: arith.Vector is false, so those below are never reached.

func (u *Unit) tiles(t *tiles, x *product, i, j int) { u.portableTiles(t, x, i, j) }

func (u *Unit) widePair(*tiles, int, *product, int, int) {
	panic("mat: no vector kernels on this processor")
}

func packRowsVector([]float32, Matrix) { panic("mat: no vector kernels on this processor") }

func packColumnsVector([]float32, Matrix) int { panic("mat: no vector kernels on this processor") }

func packTransposedA([]float32, int, operandA, int, int) {
	panic("mat: no vector kernels on this processor")
}

func transposeBlock(Matrix, int, int) { panic("mat: no vector kernels on this processor") }
