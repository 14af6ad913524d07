package cpu

import "math"

// exp is e^x, within one unit in the last place of float32 for |x| < 87; 0 below and +Inf above.
func exp(x float32) float32 {
	if !(x > -87) {
		if x != x {
			return x
		}
		return 0
	}
	if x > 88 {
		return float32(math.Inf(1))
	}
	// Cephes expf: n*ln2 taken off in two parts, a polynomial on [-ln2/2, ln2/2].
	n := float32(int32(x*1.44269504 + float32(math.Copysign(0.5, float64(x)))))
	r := x - float32(n*0.693359375) + float32(n*2.12194440e-4)
	y := float32(1.9875691500e-4)
	for _, c := range [...]float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		y = float32(y*r) + c
	}
	y = float32(y*float32(r*r)) + r + 1
	return y * math.Float32frombits(uint32(int32(n)+127)<<23)
}

// tanh is the hyperbolic tangent, after Cephes tanhf.
func tanh(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	if a >= 0.625 {
		return float32(math.Copysign(float64(1-2/(exp(2*a)+1)), float64(x)))
	}
	z := x * x
	y := float32(-5.70498872745e-3)
	for _, c := range [...]float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		y = float32(y*z) + c
	}
	return float32(float32(y*z)*x) + x
}

// log is the natural logarithm of a normal x > 0, once a row: 2*atanh((m-1)/(m+1)) + e*ln2 in float64, every rounding
// written out.
func log(x float32) float32 {
	m, e := math.Frexp(float64(x))
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	s := (m - 1) / (m + 1)
	z, y := float64(s*s), 0.0
	for _, c := range [...]float64{2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3, 2} {
		y = float64(y*z) + c
	}
	return float32(float64(float64(e)*math.Ln2) + float64(s*y))
}

// expSum sets x to exp(x - shift) and returns the sum.
func expSum(x []float32, shift float32) float32 {
	for i, v := range x {
		x[i] = exp(v - shift)
	}
	return sum(x)
}
