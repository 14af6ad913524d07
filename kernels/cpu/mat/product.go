package mat

import "fmt"

// rowsPerTile and panel are the rows and columns of the micro-kernel's tile: 6×16 accumulators fill twelve of sixteen vector
// registers and leave two for B and two for A.
const (
	rowsPerTile = 6
	panel       = 16
)

// slackA separates the packed panels of A: packing writes two floats too many, and 16 keep panels off each other's cache sets.
const slackA = 16

// product is one multiplication: C[M,N] = epilogue(A·B) where A's element (i, k) is a[i*rowA+k*colA].
type product struct {
	c          Matrix
	e          Epilogue
	a          []float32
	rowA, colA int
	k          int
	source     operandB
}

// operandB is where panels of B come from: a matrix, to be packed block by block, or panels packed beforehand.
type operandB struct {
	m          Matrix
	transposed bool
	packed     []float32
	n          int  // columns, of packed
	lower      bool // leave out tiles of C that lie wholly above its diagonal
}

// check panics where a window is longer than its slice, or the epilogue does not fit C.
func (x *product) check() {
	x.c.check("C")
	if x.e.Op != Store {
		x.e.Aux.check("Aux")
	}
	if x.e.Op != Store && (x.e.Aux.Rows != x.c.Rows || x.e.Aux.Cols != x.c.Cols) {
		panic(fmt.Sprintf("mat: epilogue with Aux %d×%d for C %d×%d", x.e.Aux.Rows, x.e.Aux.Cols, x.c.Rows, x.c.Cols))
	}
}

// run goes through the product block by block: columns, then k, then rows.
func (u *Unit) run(x *product) {
	for j0 := 0; j0 < x.c.Cols; j0 += blockN {
		j1 := min(j0+blockN, x.c.Cols)
		for k0 := 0; k0 < x.k; k0 += blockK {
			k1 := min(k0+blockK, x.k)
			b := u.panels(x, j0, j1, k0, k1)
			first := 0
			if x.source.lower {
				first = j0
			}
			for i0 := first; i0 < x.c.Rows; i0 += blockM {
				u.block(x, b, i0, min(i0+blockM, x.c.Rows), j0, j1, k0, k1)
			}
		}
	}
}

// panelB is a run of panels of 16 columns: row k of panel p begins at v[p*step+k*row].
type panelB struct {
	v         []float32
	step, row int
}

// panels returns B[k0:k1, j0:j1] as panels, packing it if need be.
func (u *Unit) panels(x *product, j0, j1, k0, k1 int) panelB {
	if x.source.packed != nil {
		return panelB{v: x.source.packed[(j0/panel*x.k+k0)*panel:], step: x.k * panel, row: panel}
	}
	k := k1 - k0
	for j := j0; j < j1; j += panel {
		u.packPanel(u.b[(j-j0)*k:(j-j0+panel)*k], x.source.m, x.source.transposed, j, k0, k1)
	}
	return panelB{v: u.b, step: k * panel, row: panel}
}

// block multiplies rows [i0, i1) of A with the panels.
func (u *Unit) block(x *product, b panelB, i0, i1, j0, j1, k0, k1 int) {
	k := k1 - k0
	a := operandA{v: x.a[i0*x.rowA+k0*x.colA:], row: x.rowA, col: x.colA, step: rowsPerTile * x.rowA}
	full, tail := split(i1 - i0)
	rest := operandA{row: x.rowA, col: x.colA}
	if tail[0] > 0 {
		rest.v = a.v[full*a.step:]
	}
	if full > 0 && u.worthPacking(x, k) {
		a = u.packA(a, full, k)
	}
	t := tiles{k: k, rowB: b.row, flags: x.flags(k0, k1)}
	for j := j0; j < j1; {
		skip := 0 // tiles above the diagonal
		if x.source.lower && j > i0 {
			skip = min((j-i0)/rowsPerTile, full)
		}
		panels, first := 1, skip
		t.b = b.v[(j-j0)/panel*b.step:]
		if n := (full - skip) / 2; u.wide && n > 0 && j+2*panel <= j1 {
			t.n, t.a = n, a.from(skip)
			u.widePair(&t, b.step, x, i0+skip*rowsPerTile, j)
			panels, first = 2, skip+2*n
		}
		for range panels {
			t.b, t.width = b.v[(j-j0)/panel*b.step:], min(panel, j1-j)
			u.column(&t, x, a, rest, i0, first, full, tail, j)
			j += panel
		}
	}
}

// column computes what is left of one panel: full tiles from the first on, and the tail.
func (u *Unit) column(t *tiles, x *product, a, rest operandA, i, first, full int, tail [2]int, j int) {
	if full > first {
		t.n, t.rows, t.a = full-first, rowsPerTile, a.from(first)
		u.tiles(t, x, i+first*rowsPerTile, j)
	}
	i += full * rowsPerTile
	t.n, t.a = 1, rest
	if t.rows = tail[0]; t.rows > 0 {
		u.tiles(t, x, i, j)
	}
	if t.rows = tail[1]; t.rows > 0 {
		t.a.v = rest.v[tail[0]*x.rowA:]
		u.tiles(t, x, i+tail[0], j)
	}
}

// split cuts m rows into full tiles and at most two smaller ones. A tile of few rows waits for its own sums (four cycles a
// sum, two sums a cycle: eight accumulators), so small remainders borrow from a full tile where there is one.
func split(m int) (full int, tail [2]int) {
	full, r := m/rowsPerTile, m%rowsPerTile
	if full == 0 || r == 0 || r > 3 {
		return full, [2]int{r}
	}
	return full - 1, [...][2]int{1: {4, 3}, 2: {4, 4}, 3: {5, 4}}[r]
}

// operandA is a run of tiles of A: element (i, k) of tile t is v[t*step+i*row+k*col].
type operandA struct {
	v              []float32
	row, col, step int
}

// from leaves out the first n tiles.
func (a operandA) from(n int) operandA {
	a.v = a.v[n*a.step:]
	return a
}

// tiles is one call of a micro-kernel: n tiles of C, each rows×width, one under the other, from k columns of A and a panel of B
// whose rows are rowB floats apart.
type tiles struct {
	n, rows, width, k int
	a                 operandA
	b                 []float32
	rowB              int
	flags             int
}

// The flags of a micro-kernel, as in gen/product.go.
const (
	flagAdd = 1 << iota
	flagScale
	flagReLU2
	flagReLU2Grad
	flagMix
)

// flags says what to do before and after the block [k0, k1) of the chain.
func (x *product) flags(k0, k1 int) int {
	f := 0
	if k0 > 0 || x.e.Add {
		f |= flagAdd
	}
	if k1 < x.k {
		return f
	}
	if x.e.Scale != 0 && x.e.Scale != 1 {
		f |= flagScale
	}
	return f | [...]int{Store: 0, Mix: flagMix, ReLU2: flagReLU2, ReLU2Grad: flagReLU2Grad}[x.e.Op]
}

// mul multiplies A, or Aᵀ, with a B of k rows and C's columns.
func (u *Unit) mul(c, a Matrix, transposed bool, b operandB, k int, e Epilogue) {
	x := product{c: c, e: e, a: a.V, k: a.Cols, rowA: a.Stride, colA: 1, source: b}
	m := a.Rows
	if transposed {
		m, x.k, x.rowA, x.colA = a.Cols, a.Rows, 1, a.Stride
	}
	a.check("A")
	x.check()
	if c.Rows != m || x.k != k || k == 0 || !b.fits(c.Cols) {
		panic(fmt.Sprintf("mat: C %d×%d from A %d×%d (transposed: %t) and a B of %d rows", c.Rows, c.Cols, a.Rows, a.Cols, transposed, k))
	}
	u.run(&x)
}

// fits reports whether B has n columns.
func (b operandB) fits(n int) bool {
	if b.packed != nil {
		return b.n == n
	}
	if b.transposed {
		return b.m.Rows == n
	}
	return b.m.Cols == n
}
