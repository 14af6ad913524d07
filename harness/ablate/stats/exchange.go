package stats

import (
	"math"
	"math/bits"
)

// mostExchanged is the most values of two samples together whose arrangements are counted.
const mostExchanged = 20

// Exchange tests whether two unpaired samples have the same mean, by counting all ways to deal their values out into two groups of
// their sizes (Pitman, Supplement to the JRSS 4, 1937). It returns how many of the arrangements have means at least as far
// apart, of how many: p is their ratio, 2 in 20 at the least for three and three. Above 20 values together, or with an empty
// sample, it returns 1 of 1.
func Exchange(a, b []float64) (extreme, arrangements int) {
	all := append(append([]float64(nil), a...), b...)
	if len(a) == 0 || len(b) == 0 || len(all) > mostExchanged {
		return 1, 1
	}
	total, size := 0.0, 0.0
	for _, v := range all {
		total += v
		size = math.Max(size, math.Abs(v))
	}
	apart := func(sum float64) float64 {
		return math.Abs(sum/float64(len(a)) - (total-sum)/float64(len(b)))
	}
	observed := apart(Mean(a) * float64(len(a)))
	for group := range uint(1) << len(all) {
		if bits.OnesCount(group) != len(a) {
			continue
		}
		sum := 0.0
		for i, v := range all {
			if group>>i&1 == 1 {
				sum += v
			}
		}
		arrangements++
		if apart(sum) >= observed-slack*size {
			extreme++
		}
	}
	return extreme, arrangements
}
