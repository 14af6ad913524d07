package gpt

import "math"

// The functions of package math may use fused multiply-adds or assembly, and then differ between processors in the last
// bit. Those below are sums and products with every rounding written out, so initial weights and rotary tables have
// the same bits everywhere. Their error is a few units in the last place of float64, far below the float32 they end in.

// horner evaluates c[0] + x*(c[1] + x*(c[2] + ...)).
func horner(x float64, c []float64) float64 {
	y := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		y = float64(y*x) + c[i]
	}
	return y
}

// Taylor coefficients: exp to degree 13, sin(x)/x and cos(x) in x² to degree 8.
var expCoeffs, sinCoeffs, cosCoeffs = taylor()

func taylor() (exp, sin, cos []float64) {
	f := 1.0
	for n := 0; n <= 17; n++ {
		if n > 0 {
			f *= float64(n) // exact: 17! is below 2^53
		}
		sign := float64(1 - n/2%2*2)
		if n <= 13 {
			exp = append(exp, 1/f)
		}
		if n%2 == 0 {
			cos = append(cos, sign/f)
		} else {
			sin = append(sin, sign/f)
		}
	}
	return exp, sin, cos
}

// exactExp is e^x for |x| < 700: 2^n times a Taylor sum on [-ln2/2, ln2/2].
func exactExp(x float64) float64 {
	const hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10 // ln 2 in two parts, the first with 32 bits
	n := math.RoundToEven(x / math.Ln2)
	r := x - float64(n*hi) - float64(n*lo)
	return math.Ldexp(horner(r, expCoeffs), int(n))
}

// logCoeffs are those of 2*atanh(s)/s in s².
var logCoeffs = []float64{2, 2. / 3, 2. / 5, 2. / 7, 2. / 9, 2. / 11, 2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21, 2. / 23}

// exactLog is the natural logarithm of a normal x > 0: the exponent times ln 2 plus 2*atanh((m-1)/(m+1)) for a mantissa m in
// [sqrt(1/2), sqrt(2)).
func exactLog(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	s := (m - 1) / (m + 1)
	return float64(float64(e)*math.Ln2) + float64(s*horner(s*s, logCoeffs))
}

// exactSinCos is the sine and cosine of 0 <= x < 2^20: a multiple of pi/2 is taken off in three parts, and Taylor sums serve
// on [-pi/4, pi/4].
func exactSinCos(x float64) (sin, cos float64) {
	// pi/2 in parts of 33 bits, so that a multiple below 2^20 is exact (fdlibm e_rem_pio2).
	const p1, p2, p3 = 1.57079632673412561417e+00, 6.07710050630396597660e-11, 2.02226624871116645580e-21
	n := math.RoundToEven(x / (math.Pi / 2))
	r := x - float64(n*p1) - float64(n*p2) - float64(n*p3)
	s, c := float64(r*horner(r*r, sinCoeffs)), horner(r*r, cosCoeffs)
	switch int64(n) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	}
	return -c, s
}

// Rope returns the tables of the rotary embedding, T x HS/2 each: cosines and sines of t*RopeBase^(-2j/HS). Backends use
// these so that they agree to the bit.
func Rope(T, HS int) (cos, sin []float32) {
	half := HS / 2
	cos, sin = make([]float32, T*half), make([]float32, T*half)
	logBase := exactLog(RopeBase)
	for j := range half {
		f := exactExp(-float64(2*j) / float64(HS) * logBase)
		for t := range T {
			s, c := exactSinCos(float64(t) * f)
			cos[t*half+j], sin[t*half+j] = float32(c), float32(s)
		}
	}
	return cos, sin
}
