package vec

import "github.com/seed161a02ea/bilevel/kernels/cpu/mat"

// Dot is the sum of x[i]*y[i].
func (u Unit) Dot(x, y []float32) float32 {
	y = y[:len(x)]
	if u.vector && len(x) > 0 {
		return choose(u, plainDot, fmaDot)(len(x), &x[0], &y[0])
	}
	var s lanes
	u.dot(&s, x, y)
	return s.tree()
}

// lanes are the eight partial sums of a row.
type lanes [8]float32

// dot continues the sum of products over one row.
func (u Unit) dot(s *lanes, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		s[i%8] = u.mode.Madd(v, y[i], s[i%8])
	}
}

func (s *lanes) tree() float32 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// Add adds x to y.
func (u Unit) Add(y, x []float32) {
	x = x[:len(y)]
	if u.vector && len(y) > 0 {
		addTo(len(y), &y[0], &x[0])
		return
	}
	for i, v := range x {
		y[i] += v
	}
}

// Scale sets y to a*x. They may be the same.
func (u Unit) Scale(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	if u.vector && len(y) > 0 {
		scaleTo(len(y), &y[0], a, &x[0])
		return
	}
	for i, v := range x {
		y[i] = a * v
	}
}

// Multiply multiplies y by x, number by number.
func (u Unit) Multiply(y, x []float32) {
	x = x[:len(y)]
	if u.vector && len(y) > 0 {
		multiplyBy(len(y), &y[0], &x[0])
		return
	}
	for i, v := range x {
		y[i] *= v
	}
}

// Axpy sets y to a*x + y.
func (u Unit) Axpy(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	if u.vector && len(y) > 0 {
		choose(u, plainAxpy, fmaAxpy)(len(y), &y[0], a, &x[0])
		return
	}
	for i, v := range x {
		y[i] = u.mode.Madd(a, v, y[i])
	}
}

// AddSquares sets y to x*x + y.
func (u Unit) AddSquares(y, x []float32) {
	x = x[:len(y)]
	if u.vector && len(y) > 0 {
		choose(u, plainAddSquares, fmaAddSquares)(len(y), &y[0], &x[0])
		return
	}
	for i, v := range x {
		y[i] = u.mode.Madd(v, v, y[i])
	}
}

// Blend sets z to b*y + (a*x). z may be x or y.
func (u Unit) Blend(z mat.Matrix, a float32, x mat.Matrix, b float32, y mat.Matrix) {
	if !same("blend", z, x, y) {
		return
	}
	if u.vector {
		choose(u, plainBlend, fmaBlend)(z.Rows, z.Cols, &z.V[0], bytes(z.Stride), a, &x.V[0], bytes(x.Stride), b, &y.V[0], bytes(y.Stride))
		return
	}
	for i := range z.Rows {
		z, x, y := row(z, i), row(x, i), row(y, i)
		for j := range z {
			z[j] = u.mode.Madd(b, y[j], a*x[j])
		}
	}
}

// MixBackward takes the gradient d of resid*x + skip*x0 back: s becomes skip*d + s, or skip*d where first; d becomes resid*d. It
// returns the gradients of resid and skip, the sums of d*x and d*x0 over all rows, in lanes that go on from row to row.
func (u Unit) MixBackward(d, s, x, x0 mat.Matrix, resid, skip float32, first bool) (dresid, dskip float32) {
	if !same("mix backward", d, s, x, x0) {
		return 0, 0
	}
	if u.vector {
		return choose(u, plainMixBackward, fmaMixBackward)(d.Rows, d.Cols, &d.V[0], bytes(d.Stride), &s.V[0], bytes(s.Stride),
			&x.V[0], bytes(x.Stride), &x0.V[0], bytes(x0.Stride), resid, skip, flag(first))
	}
	var sx, sx0 lanes
	for i := range d.Rows {
		d, s := row(d, i), row(s, i)
		u.dot(&sx, row(x, i), d)
		u.dot(&sx0, row(x0, i), d)
		if first {
			clear(s)
		}
		for j, v := range d {
			s[j] = u.mode.Madd(skip, v, s[j])
			d[j] = resid * v
		}
	}
	return sx.tree(), sx0.tree()
}

// flag is 1 for true, as the assembly takes it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
