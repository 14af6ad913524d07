package cpu

import "github.com/seed161a02ea/bilevel/kernels/cpu/mat"

// arena hands out pieces of one slice. Without a slice it only counts, so that the code that lays out memory also says how
// much it needs.
type arena struct {
	slab []float32
	used int
}

// Pieces begin on a cache line. The gap behind each keeps arrays of equal size off each other's cache sets.
const (
	line = 16 // floats
	gap  = 3 * line
)

func (a *arena) floats(n int) []float32 {
	from := a.used
	a.used += (n+line-1)/line*line + gap
	if a.slab == nil {
		return nil
	}
	return a.slab[from : from+n : from+n]
}

// matrix is a piece with rows at a stride that keeps them off each other's cache sets.
func (a *arena) matrix(rows, cols int) mat.Matrix {
	stride := padded(cols)
	v := a.floats(rows * stride)
	if v == nil {
		return mat.Matrix{}
	}
	return mat.Window(v, rows, cols, stride)
}

// padded is the stride of rows of so many columns.
func padded(cols int) int {
	stride := (cols + line - 1) / line * line
	if stride%1024 == 0 {
		stride += line
	}
	return stride
}

// array is a piece with rows one behind the other.
func (a *arena) array(rows, cols int) mat.Matrix {
	v := a.floats(rows * cols)
	if v == nil {
		return mat.Matrix{}
	}
	return mat.Of(v, rows, cols)
}
