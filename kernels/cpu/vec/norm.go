package vec

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

// Norm is RMSNorm without parameters: r = 1/sqrt(sum(x*x)/n + eps) for each row of n, stored in column 0 of r, and h = r*x. h may
// be x.
func (u Unit) Norm(h, x, r mat.Matrix, eps float32) {
	column("norm", r, x, 1)
	if !same("norm", h, x) {
		return
	}
	if u.vector {
		choose(u, plainNorm, fmaNorm)(x.Rows, x.Cols, &x.V[0], bytes(x.Stride), &h.V[0], bytes(h.Stride), &r.V[0], bytes(r.Stride), eps)
		return
	}
	for i := range x.Rows {
		x, h := row(x, i), row(h, i)
		inverse := u.inverseRMS(x, eps)
		r.V[i*r.Stride] = inverse
		for j, v := range x {
			h[j] = inverse * v
		}
	}
}

func (u Unit) inverseRMS(x []float32, eps float32) float32 {
	return 1 / root(u.Dot(x, x)/float32(len(x))+eps)
}

// root is the square root; rounding twice does no harm to it (Figueroa 1995).
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// NormBackward takes the gradient d of h = norm(x) back: with b = r*(sum(d*h)/n), dx becomes r*d - b*h where first, and else
// (r*d + dx) - b*h.
func (u Unit) NormBackward(dx, d, h, r mat.Matrix, first bool) {
	column("norm backward", r, dx, 1)
	if !same("norm backward", dx, d, h) {
		return
	}
	if u.vector {
		choose(u, plainNormBackward, fmaNormBackward)(dx.Rows, dx.Cols, &dx.V[0], bytes(dx.Stride), &d.V[0], bytes(d.Stride),
			&h.V[0], bytes(h.Stride), &r.V[0], bytes(r.Stride), flag(first))
		return
	}
	for i := range dx.Rows {
		dx, d, h, r := row(dx, i), row(d, i), row(h, i), r.V[i*r.Stride]
		b := u.along(d, h, r)
		for j, v := range d {
			t := r * v
			if !first {
				t = u.mode.Madd(v, r, dx[j])
			}
			dx[j] = u.mode.Madd(-b, h[j], t)
		}
	}
}

// along is r*(sum(d*h)/n).
func (u Unit) along(d, h []float32, r float32) float32 { return r * (u.Dot(d, h) / float32(len(d))) }

// Rotation holds the cosines and sines of rotary embeddings: a row of half a head for each position.
type Rotation struct{ Cos, Sin mat.Matrix }

// NormRotate normalises each head of x and turns it by its row's place, in place. The rows are consecutive tokens from place 0 of
// the tables on. With r as in Norm, one for each head, a = r*x[j] and b = r*x[j+half]:
//
//	x[j] = b*sin + (a*cos),  x[j+half] = (b*cos) - a*sin
func (u Unit) NormRotate(x, r mat.Matrix, t Rotation, eps float32) {
	half, heads := u.heads("norm and rotate", x, r, t)
	if heads == 0 {
		return
	}
	if u.vector {
		choose(u, plainNormRotate, fmaNormRotate)(x.Rows, heads, half, &x.V[0], bytes(x.Stride), &r.V[0], bytes(r.Stride),
			&t.Cos.V[0], &t.Sin.V[0], eps)
		return
	}
	for i := range x.Rows {
		cos, sin := row(t.Cos, i), row(t.Sin, i)
		for n := range heads {
			head := row(x, i)[2*n*half:][:2*half]
			inverse := u.inverseRMS(head, eps)
			r.V[i*r.Stride+n] = inverse
			for j := range half {
				a, b := inverse*head[j], inverse*head[j+half]
				head[j] = u.mode.Madd(b, sin[j], a*cos[j])
				head[j+half] = u.mode.Madd(-a, sin[j], b*cos[j])
			}
		}
	}
}

// NormRotateBackward takes the gradient d of y = NormRotate(x) back, in place. A norm and a rotation commute, so with
// b = r*(sum(d*y)/n) over a head and g = (r*d) - b*y:
//
//	d[j] = (g[j]*cos) - g[j+half]*sin,  d[j+half] = g[j]*sin + (g[j+half]*cos)
func (u Unit) NormRotateBackward(d, y, r mat.Matrix, t Rotation) {
	half, heads := u.heads("norm and rotate backward", d, r, t)
	if !same("norm and rotate backward", d, y) || heads == 0 {
		return
	}
	if u.vector {
		choose(u, plainNormRotateBackward, fmaNormRotateBackward)(d.Rows, heads, half, &d.V[0], bytes(d.Stride), &y.V[0], bytes(y.Stride),
			&r.V[0], bytes(r.Stride), &t.Cos.V[0], &t.Sin.V[0])
		return
	}
	for i := range d.Rows {
		cos, sin := row(t.Cos, i), row(t.Sin, i)
		for n := range heads {
			d, y, r := row(d, i)[2*n*half:][:2*half], row(y, i)[2*n*half:][:2*half], r.V[i*r.Stride+n]
			b := u.along(d, y, r)
			for j := range half {
				ga, gb := u.mode.Madd(-b, y[j], r*d[j]), u.mode.Madd(-b, y[j+half], r*d[j+half])
				d[j] = u.mode.Madd(-gb, sin[j], ga*cos[j])
				d[j+half] = u.mode.Madd(ga, sin[j], gb*cos[j])
			}
		}
	}
}

// heads checks the shapes of a rotation and returns half a head's channels and the number of heads, 0 where there are no rows.
func (u Unit) heads(op string, x, r mat.Matrix, t Rotation) (half, heads int) {
	half = t.Cos.Cols
	if half == 0 || x.Cols%(2*half) != 0 || t.Cos.Rows < x.Rows || t.Cos.Stride != half || t.Sin.Stride != half {
		panic("vec: " + op + ": rows that are no whole number of heads, or tables that are too short or not contiguous")
	}
	same(op, t.Cos, t.Sin)
	heads = x.Cols / (2 * half)
	column(op, r, x, heads)
	if x.Rows == 0 {
		return half, 0
	}
	return half, heads
}
