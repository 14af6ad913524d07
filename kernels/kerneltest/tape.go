package kerneltest

// A Tape records float64 operations on matrices and derives gradients by the chain rule, operation by operation. Its few
// primitives are simple enough to read, and are held against central differences.
type Tape struct{ vars []*Var }

// A Var is a matrix on a tape, row-major, with the gradient of the loss.
type Var struct {
	Rows, Cols int
	V, G       []float64
	back       func()
}

func (t *Tape) add(rows, cols int) *Var {
	v := &Var{Rows: rows, Cols: cols, V: make([]float64, rows*cols), G: make([]float64, rows*cols)}
	t.vars = append(t.vars, v)
	return v
}

// Leaf puts a matrix on the tape. It shares v and g, so gradients of leaves with one g add up.
func (t *Tape) Leaf(rows, cols int, v, g []float64) *Var {
	leaf := &Var{Rows: rows, Cols: cols, V: v, G: g}
	t.vars = append(t.vars, leaf)
	return leaf
}

// Constant puts a matrix on the tape whose gradient nobody asks for.
func (t *Tape) Constant(rows, cols int, v []float64) *Var {
	return t.Leaf(rows, cols, v, make([]float64, len(v)))
}

// Backward takes the gradients that the caller put in the G of outputs back to everything they were made from.
func (t *Tape) Backward() {
	for i := len(t.vars) - 1; i >= 0; i-- {
		if t.vars[i].back != nil {
			t.vars[i].back()
		}
	}
}

// ProductT is a*bᵀ.
func (t *Tape) ProductT(a, b *Var) *Var {
	c := t.add(a.Rows, b.Rows)
	n := a.Cols
	each := func(f func(i, j int)) {
		for i := range c.Rows {
			for j := range c.Cols {
				f(i, j)
			}
		}
	}
	each(func(i, j int) {
		for k := range n {
			c.V[i*c.Cols+j] += a.V[i*n+k] * b.V[j*n+k]
		}
	})
	c.back = func() {
		each(func(i, j int) {
			g := c.G[i*c.Cols+j]
			for k := range n {
				a.G[i*n+k] += g * b.V[j*n+k]
				b.G[j*n+k] += g * a.V[i*n+k]
			}
		})
	}
	return c
}

// Transpose is aᵀ.
func (t *Tape) Transpose(a *Var) *Var {
	c := t.add(a.Cols, a.Rows)
	move := func(f func(at, ct int)) {
		for i := range a.Rows {
			for j := range a.Cols {
				f(i*a.Cols+j, j*c.Cols+i)
			}
		}
	}
	move(func(at, ct int) { c.V[ct] = a.V[at] })
	c.back = func() { move(func(at, ct int) { a.G[at] += c.G[ct] }) }
	return c
}

// Add is a+b, of one shape.
func (t *Tape) Add(a, b *Var) *Var {
	c := t.add(a.Rows, a.Cols)
	for i := range c.V {
		c.V[i] = a.V[i] + b.V[i]
	}
	c.back = func() {
		for i, g := range c.G {
			a.G[i] += g
			b.G[i] += g
		}
	}
	return c
}

// Times multiplies number by number. b may have one column or be a single number; it is then repeated.
func (t *Tape) Times(a, b *Var) *Var {
	c := t.add(a.Rows, a.Cols)
	at := func(i int) int {
		switch {
		case len(b.V) == 1:
			return 0
		case b.Cols == 1:
			return i / a.Cols
		}
		return i
	}
	for i := range c.V {
		c.V[i] = a.V[i] * b.V[at(i)]
	}
	c.back = func() {
		for i, g := range c.G {
			a.G[i] += g * b.V[at(i)]
			b.G[at(i)] += g * a.V[i]
		}
	}
	return c
}

// Map applies f to every number; slope is its derivative, given x and f(x).
func (t *Tape) Map(a *Var, f func(x float64) float64, slope func(x, y float64) float64) *Var {
	c := t.add(a.Rows, a.Cols)
	for i, x := range a.V {
		c.V[i] = f(x)
	}
	c.back = func() {
		for i, g := range c.G {
			a.G[i] += g * slope(a.V[i], c.V[i])
		}
	}
	return c
}

// Scale is a times a constant.
func (t *Tape) Scale(a *Var, by float64) *Var {
	return t.Map(a, func(x float64) float64 { return x * by }, func(_, _ float64) float64 { return by })
}

// RowSums has one column: the sum of each row.
func (t *Tape) RowSums(a *Var) *Var {
	c := t.add(a.Rows, 1)
	for i, x := range a.V {
		c.V[i/a.Cols] += x
	}
	c.back = func() {
		for i := range a.G {
			a.G[i] += c.G[i/a.Cols]
		}
	}
	return c
}

// Gather takes the rows of a that ids name.
func (t *Tape) Gather(a *Var, ids []int32) *Var {
	c := t.add(len(ids), a.Cols)
	for i, id := range ids {
		copy(c.V[i*a.Cols:(i+1)*a.Cols], a.V[int(id)*a.Cols:])
	}
	c.back = func() {
		for i, g := range c.G {
			a.G[int(ids[i/a.Cols])*a.Cols+i%a.Cols] += g
		}
	}
	return c
}

// Pick has one column: from each row of a the number in the column that ids names.
func (t *Tape) Pick(a *Var, ids []int32) *Var {
	c := t.add(a.Rows, 1)
	for i, id := range ids {
		c.V[i] = a.V[i*a.Cols+int(id)]
	}
	c.back = func() {
		for i, g := range c.G {
			a.G[i*a.Cols+int(ids[i])] += g
		}
	}
	return c
}

// Columns is columns [from, to) of a.
func (t *Tape) Columns(a *Var, from, to int) *Var {
	c := t.add(a.Rows, to-from)
	for i := range c.V {
		c.V[i] = a.V[i/c.Cols*a.Cols+from+i%c.Cols]
	}
	c.back = func() {
		for i, g := range c.G {
			a.G[i/c.Cols*a.Cols+from+i%c.Cols] += g
		}
	}
	return c
}

// Join puts matrices of equally many rows side by side.
func (t *Tape) Join(parts ...*Var) *Var {
	cols := 0
	for _, p := range parts {
		cols += p.Cols
	}
	c := t.add(parts[0].Rows, cols)
	each := func(f func(p *Var, i, at int)) {
		from := 0
		for _, p := range parts {
			for i := range p.V {
				f(p, i, i/p.Cols*cols+from+i%p.Cols)
			}
			from += p.Cols
		}
	}
	each(func(p *Var, i, at int) { c.V[at] = p.V[i] })
	c.back = func() { each(func(p *Var, i, at int) { p.G[i] += c.G[at] }) }
	return c
}
