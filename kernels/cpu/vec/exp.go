package vec

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/cpu/vec/poly"
)

// ExpSum sets x to e^(x-shift) and returns the sum. The exponential is within 1 unit in the last place in the FMA mode and 2 in the
// plain one; below -87.33654, where it would be subnormal, it is 0.
func (u Unit) ExpSum(x []float32, shift float32) float32 {
	if u.vector && len(x) > 0 {
		return choose(u, plainExpSum, fmaExpSum)(len(x), &x[0], shift)
	}
	var s lanes
	for i, v := range x {
		x[i] = u.exp(v - shift)
		s[i%8] += x[i]
	}
	return s.tree()
}

// exp is e^x for every x.
func (u Unit) exp(x float32) float32 {
	if x > poly.ExpMax {
		return float32(math.Inf(1))
	}
	if x < poly.ExpMin {
		return 0
	}
	return u.expCore(x)
}

// expCore is e^x for poly.ExpMin <= x <= poly.ExpMax: with n the integer nearest to x/ln2 and r = x - n*ln2, the polynomial in r
// times 2^n. The power is added to the exponent's bits, which is exact as the result is a normal number.
func (u Unit) expCore(x float32) float32 {
	if x != x {
		return x
	}
	const toInteger = 3 << 22 // added and taken off again, rounds to the nearest integer, halves to even
	n := float32(x*poly.Log2E) + toInteger - toInteger
	r := u.mode.Madd(-n, poly.Ln2High, x)
	r = u.mode.Madd(-n, poly.Ln2Low, r)
	y := poly.Exp[len(poly.Exp)-1]
	for i := len(poly.Exp) - 2; i >= 0; i-- {
		y = u.mode.Madd(y, r, poly.Exp[i])
	}
	return math.Float32frombits(math.Float32bits(y) + uint32(int32(n))<<23)
}

// tanh is the hyperbolic tangent of every x.
func (u Unit) tanh(x float32) float32 {
	if x > poly.TanhMax {
		x = poly.TanhMax
	}
	if x < -poly.TanhMax {
		x = -poly.TanhMax
	}
	z := x * x
	p, q := poly.TanhP[len(poly.TanhP)-1], poly.TanhQ[len(poly.TanhQ)-1]
	for i := len(poly.TanhP) - 2; i >= 0; i-- {
		p, q = u.mode.Madd(p, z, poly.TanhP[i]), u.mode.Madd(q, z, poly.TanhQ[i])
	}
	return float32(x*p) / q
}

// SoftmaxBackward turns a row of scores p into probabilities e^(p-shift), where shift is the logarithm of the row's sum of
// exponentials, and the gradient d of the probabilities into that of unscaled scores: (p*(d-along))*scale, along being the sum
// of p*d.
func (u Unit) SoftmaxBackward(p, d []float32, shift, along, scale float32) {
	d = d[:len(p)]
	if u.vector && len(p) > 0 {
		choose(u, plainSoftmaxBackward, fmaSoftmaxBackward)(len(p), &p[0], &d[0], shift, along, scale)
		return
	}
	for i, v := range p {
		p[i] = u.exp(v - shift)
		d[i] = float32(p[i]*(d[i]-along)) * scale
	}
}

// CapExp is the exponential of capped logits: it sets z to tanh(z) and e to e^(size*tanh(z)), and returns the sum of e. The tangent
// is within 5 units in the last place in both modes (near ±1; 2 where it is below 0.5), and never beyond ±1. size must
// be below 87.
func (u Unit) CapExp(z, e []float32, size float32) float32 {
	e = e[:len(z)]
	if u.vector && len(z) > 0 {
		return choose(u, plainCapExp, fmaCapExp)(len(z), &z[0], &e[0], size)
	}
	var s lanes
	for i, x := range z {
		z[i] = u.tanh(x)
		e[i] = u.expCore(size * z[i])
		s[i%8] += e[i]
	}
	return s.tree()
}

// CapGradient sets t, which holds tanh(z), to (e*inverse)*(1 - t*t).
func (u Unit) CapGradient(t, e []float32, inverse float32) {
	e = e[:len(t)]
	if u.vector && len(t) > 0 {
		choose(u, plainCapGradient, fmaCapGradient)(len(t), &t[0], &e[0], inverse)
		return
	}
	for i, v := range t {
		t[i] = float32(e[i]*inverse) * u.mode.Madd(-v, v, 1)
	}
}

// Gate sets z to 2/(1+e^-z).
func (u Unit) Gate(z mat.Matrix) {
	if !same("gate", z) {
		return
	}
	if u.vector {
		choose(u, plainGate, fmaGate)(z.Rows, z.Cols, &z.V[0], bytes(z.Stride))
		return
	}
	for i := range z.Rows {
		z := row(z, i)
		for j, v := range z {
			z[j] = 2 / (1 + u.exp(0-v))
		}
	}
}
