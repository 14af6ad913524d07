package sobol

import "math/bits"

// Dimensions is how many dimensions the sequence has here.
const Dimensions = 21

// polynomials holds, for each further dimension, a primitive polynomial over GF(2) of degree len(m), with inner coefficients a, and the first direction
// numbers m, from Joe and Kuo's table new-joe-kuo-6 (SIAM J. Sci. Comput. 30, 2008). Dimension 0 needs none.
var polynomials = [Dimensions - 1]struct {
	a uint32
	m []uint32
}{
	{0, []uint32{1}},
	{1, []uint32{1, 3}},
	{1, []uint32{1, 3, 1}},
	{2, []uint32{1, 1, 1}},
	{1, []uint32{1, 1, 3, 3}},
	{4, []uint32{1, 3, 5, 13}},
	{2, []uint32{1, 1, 5, 5, 17}},
	{4, []uint32{1, 1, 5, 5, 5}},
	{7, []uint32{1, 1, 7, 11, 19}},
	{11, []uint32{1, 1, 5, 1, 1}},
	{13, []uint32{1, 1, 1, 3, 11}},
	{14, []uint32{1, 3, 5, 5, 31}},
	{1, []uint32{1, 3, 3, 9, 7, 49}},
	{13, []uint32{1, 1, 1, 15, 21, 21}},
	{16, []uint32{1, 3, 1, 13, 27, 49}},
	{19, []uint32{1, 1, 1, 15, 7, 5}},
	{22, []uint32{1, 3, 1, 15, 13, 25}},
	{25, []uint32{1, 1, 5, 5, 19, 61}},
	{1, []uint32{1, 3, 7, 11, 23, 15, 103}},
	{4, []uint32{1, 3, 7, 13, 13, 15, 69}},
}

// At returns coordinate d of point index of the sequence, in [0, 1): the exclusive or of the direction numbers that the Gray
// code of index selects (Antonov and Saleev 1979). Point 0 is the origin.
func At(index uint32, d int) float64 {
	gray, x := index^index>>1, uint32(0)
	for gray != 0 {
		k := bits.TrailingZeros32(gray)
		x ^= direction(d, k)
		gray &= gray - 1
	}
	return float64(x) / (1 << 32)
}

// direction returns the k-th direction number of dimension d, k from 0, as a binary fraction of 32 bits.
func direction(d, k int) uint32 {
	if d == 0 {
		return 1 << (31 - k)
	}
	p := polynomials[d-1]
	s := len(p.m)
	v := make([]uint32, k+1)
	for i := range v {
		if i < s {
			v[i] = p.m[i] << (31 - i)
			continue
		}
		v[i] = v[i-s] ^ v[i-s]>>s
		for j := 1; j < s; j++ {
			if p.a>>(s-1-j)&1 == 1 {
				v[i] ^= v[i-j]
			}
		}
	}
	return v[k]
}
