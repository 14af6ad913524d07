package mat

import "fmt"

// Panels is a matrix B packed once for many products: weights, which every shard of a batch multiplies with. It may be read
// by many goroutines at once.
type Panels struct {
	v    []float32
	k, n int
}

// PanelsLen is the number of floats that a B of k rows and n columns takes when packed.
func PanelsLen(k, n int) int { return (n + panel - 1) / panel * panel * k }

// Pack packs B[K,N], or Bᵀ for a B[N,K] where transposed, into buf, which must have PanelsLen(K, N) floats.
func (u *Unit) Pack(buf []float32, b Matrix, transposed bool) Panels {
	b.check("B")
	p := Panels{k: b.Rows, n: b.Cols}
	if transposed {
		p.k, p.n = b.Cols, b.Rows
	}
	if len(buf) < PanelsLen(p.k, p.n) {
		panic(fmt.Sprintf("mat: %d floats to pack B %d×%d, want %d", len(buf), p.k, p.n, PanelsLen(p.k, p.n)))
	}
	p.v = buf[:PanelsLen(p.k, p.n)]
	for j := 0; j < p.n; j += panel {
		u.packPanel(p.v[j*p.k:(j+panel)*p.k], b, transposed, j, 0, p.k)
	}
	return p
}

// MulPacked computes C = epilogue(A·B), or Aᵀ·B where transposed, with a packed B.
func (u *Unit) MulPacked(c, a Matrix, transposed bool, b Panels, e Epilogue) {
	u.mul(c, a, transposed, operandB{packed: b.v, n: b.n}, b.k, e)
}

// packPanel writes rows [k0, k1) of columns [j, j+16) of B, or of Bᵀ, to dst, row behind row, with zeros beyond the last
// column.
func (u *Unit) packPanel(dst []float32, b Matrix, transposed bool, j, k0, k1 int) {
	if transposed {
		u.packTransposed(dst, b.Slice(j, min(j+panel, b.Rows), k0, k1))
		return
	}
	src := b.Slice(k0, k1, j, min(j+panel, b.Cols))
	if u.vector && src.Cols == panel && src.Rows > 0 {
		packRowsVector(dst, src)
		return
	}
	for i := range src.Rows {
		row := dst[i*panel : (i+1)*panel]
		clear(row[copy(row, src.V[i*src.Stride:i*src.Stride+src.Cols]):])
	}
}

// packTransposed writes src[≤16, k] as k rows of 16.
func (u *Unit) packTransposed(dst []float32, src Matrix) {
	done := 0
	if u.vector && src.Rows == panel && src.Cols >= 8 {
		done = packColumnsVector(dst, src)
	}
	for i := done; i < src.Cols; i++ {
		row := dst[i*panel : (i+1)*panel]
		for j := range src.Rows {
			row[j] = src.V[j*src.Stride+i]
		}
		clear(row[src.Rows:])
	}
}

// worthPacking decides whether a block of A is copied before it is used. Down a column of a transposed A every element lies on
// a line of its own, and rows a multiple of 4 KiB apart share their cache sets. A long row-major A that few panels will read is
// copied too: the copy streams it into the cache faster than the kernel's many short runs do.
func (u *Unit) worthPacking(x *product, k int) bool {
	n := x.c.Cols
	if !u.vector || n <= panel {
		return false
	}
	return x.colA != 1 || x.rowA%1024 == 0 || k >= 128 && n <= 4*panel
}

// packA copies `full` tiles of A into the unit's buffer: a transposed A as tiles of k columns of 6, a row-major one row by row,
// with a stride that keeps the rows of a tile off each other's cache sets.
func (u *Unit) packA(a operandA, full, k int) operandA {
	if a.col != 1 {
		p := operandA{v: u.a, row: 1, col: rowsPerTile, step: rowsPerTile*k + slackA}
		packTransposedA(p.v, p.step, a, full, k)
		return p
	}
	p := operandA{v: u.a, row: k + slackA, col: 1, step: rowsPerTile * (k + slackA)}
	for i := range full * rowsPerTile {
		copy(p.v[i*p.row:i*p.row+k], a.v[i*a.row:])
	}
	return p
}
