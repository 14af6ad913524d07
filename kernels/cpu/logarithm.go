package cpu

import "math"

// log is the natural logarithm of a normal x > 0, taken once a row: 2*atanh((m-1)/(m+1)) + e*ln2 in float64, with every
// rounding written out so that it has the same bits on every processor.
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
