package mat

import "github.com/seed161a02ea/bilevel/kernels/cpu/arith"

// portableTiles is what the assembly does, in plain Go: the same chain for every element, the same epilogue.
func (u *Unit) portableTiles(t *tiles, x *product, i, j int) {
	var acc [rowsPerTile * panel]float32
	a := t.a
	for range t.n {
		clear(acc[:])
		if t.flags&flagAdd != 0 {
			for r := range t.rows {
				copy(acc[r*panel:][:t.width], x.c.V[(i+r)*x.c.Stride+j:])
			}
		}
		for r := 0; r < t.rows; r += 2 {
			for q := 0; q < t.width; q += 4 {
				u.multiply2x4(&acc, t, a, r, q)
			}
		}
		for r := range t.rows {
			x.finish(t.flags, acc[r*panel:][:t.width], i+r, j, u.mode)
		}
		i += t.rows
		if i < x.c.Rows && len(a.v) > a.step {
			a = a.from(1)
		}
	}
}

// multiply2x4 continues the chains of rows r and r+1, columns q to q+4. Eight accumulators are what the compiler keeps in
// registers. An odd last row does its work twice; columns beyond the width are zeros of the panel.
func (u *Unit) multiply2x4(acc *[rowsPerTile * panel]float32, t *tiles, a operandA, r, q int) {
	s := min(r+1, t.rows-1)
	p0, p1 := acc[r*panel+q:][:4], acc[s*panel+q:][:4]
	c00, c01, c02, c03 := p0[0], p0[1], p0[2], p0[3]
	c10, c11, c12, c13 := p1[0], p1[1], p1[2], p1[3]
	a0, a1 := a.v[r*a.row:], a.v[s*a.row:]
	if u.mode == arith.Plain {
		for k, at := 0, 0; k < t.k; k, at = k+1, at+a.col {
			b := t.b[k*t.rowB+q:][:4]
			x, y := a0[at], a1[at]
			c00 += float32(x * b[0])
			c01 += float32(x * b[1])
			c02 += float32(x * b[2])
			c03 += float32(x * b[3])
			c10 += float32(y * b[0])
			c11 += float32(y * b[1])
			c12 += float32(y * b[2])
			c13 += float32(y * b[3])
		}
	} else {
		for k, at := 0, 0; k < t.k; k, at = k+1, at+a.col {
			b := t.b[k*t.rowB+q:][:4]
			x, y := a0[at], a1[at]
			c00 = u.mode.Madd(x, b[0], c00)
			c01 = u.mode.Madd(x, b[1], c01)
			c02 = u.mode.Madd(x, b[2], c02)
			c03 = u.mode.Madd(x, b[3], c03)
			c10 = u.mode.Madd(y, b[0], c10)
			c11 = u.mode.Madd(y, b[1], c11)
			c12 = u.mode.Madd(y, b[2], c12)
			c13 = u.mode.Madd(y, b[3], c13)
		}
	}
	p0[0], p0[1], p0[2], p0[3] = c00, c01, c02, c03
	p1[0], p1[1], p1[2], p1[3] = c10, c11, c12, c13
}

// finish applies the epilogue to a row of chains and stores it.
func (x *product) finish(flags int, acc []float32, i, j int, mode arith.Mode) {
	if flags&flagScale != 0 {
		for q := range acc {
			acc[q] *= x.e.Scale
		}
	}
	c := x.c.V[i*x.c.Stride+j:][:len(acc)]
	if flags&(flagMix|flagReLU2|flagReLU2Grad) == 0 {
		copy(c, acc)
		return
	}
	aux := x.e.Aux.V[i*x.e.Aux.Stride+j:][:len(acc)]
	for q, s := range acc {
		switch {
		case flags&flagMix != 0:
			c[q] = mode.Madd(x.e.Beta, aux[q], s)
		case flags&flagReLU2 != 0:
			if s < 0 {
				s = 0
			}
			aux[q] = s
			c[q] = s * s
		default:
			c[q] = s * (aux[q] + aux[q])
		}
	}
}
