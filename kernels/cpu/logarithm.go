package cpu

import "math"

// log is the natural logarithm of a normal x > 0, taken once a row: 2*atanh((m-1)/(m+1)) + e*ln2 in float64, with every
// rounding written out so that it has the same bits on every processor.
func log(x float32) float32 {
	const one = 127 << 23
	bits := int32(math.Float32bits(x))
	e := (bits - one) >> 23
	m := float64(math.Float32frombits(uint32(bits - e<<23))) // in [1, 2)
	if m >= math.Sqrt2 {
		m, e = m/2, e+1
	}
	s := (m - 1) / (m + 1)
	z, y := float64(s*s), 0.0
	for _, c := range [...]float64{2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3, 2} {
		y = float64(y*z) + c
	}
	return float32(float64(float64(e)*math.Ln2) + float64(s*y))
}
