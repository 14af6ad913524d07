package stats

import "math"

const (
	// exactClusters is the most of one stratum whose patterns are counted. Two halves of 2^16 sums are merged, which takes some
	// milliseconds.
	exactClusters = 32
	// flips are drawn where there are more. The standard error of a P of 0.05 is then 0.0007.
	flips = 99_999
)

// oneStratum returns the shares of the 2^n patterns of signs whose sum is at least as far from 0 as total, and further.
func oneStratum(sums []float64, total float64, seed uint64) (least, more float64, exact bool) {
	if len(sums) > exactClusters {
		reached, passed := drawn([][]float64{sums}, seed, func(of []float64) float64 { return math.Abs(of[0]) - total })
		return reached, passed, false
	}
	left, right := patterns(sums[:len(sums)/2]), patterns(sums[len(sums)/2:])
	return 2 * counted(left, right, total-slack), 2 * counted(left, right, total+slack), true
}

// counted is the share of the pairs of left and right, both ascending, whose sum is at least bound. All sums of one half of the
// clusters meet all of the other half in order, so that 2^(n/2) are held instead of 2^n gone through (Horowitz and Sahni, JACM
// 21, 1974).
func counted(left, right []float64, bound float64) float64 {
	reached, from := 0.0, len(right)
	for _, l := range left { // ascending, so ever more of right reach the bound
		for from > 0 && l+right[from-1] >= bound {
			from--
		}
		reached += float64(len(right) - from)
	}
	return reached / float64(len(left)) / float64(len(right))
}

// patterns returns the sums of all patterns of signs, ascending: with each value, those that have it and those that lack it
// are in order already and are merged.
func patterns(sums []float64) []float64 {
	all := make([]float64, 1, 1<<len(sums))
	for _, s := range sums {
		s = math.Abs(s)
		merged := make([]float64, 0, 2*len(all))
		for i, j := 0, 0; j < len(all); {
			if i < len(all) && all[i]-s <= all[j]+s {
				merged, i = append(merged, all[i]-s), i+1
			} else {
				merged, j = append(merged, all[j]+s), j+1
			}
		}
		all = merged
	}
	return all
}

// drawn estimates the shares of patterns for which beyond, of the sums of the strata, is at least 0 and above it: (reached+1)/(draws+1), which
// never is 0 and keeps the level (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).
func drawn(strata [][]float64, seed uint64, beyond func(sums []float64) float64) (least, more float64) {
	r := source(seed, 'f')
	reached, passed := 1, 1
	of := make([]float64, len(strata))
	for range flips {
		for h, sums := range strata {
			sum, bits := 0.0, uint64(0)
			for i, s := range sums {
				if i%64 == 0 {
					bits = r.Uint64()
				}
				if bits&1 == 0 {
					s = -s
				}
				sum, bits = sum+s, bits>>1
			}
			of[h] = sum
		}
		x := beyond(of)
		if x >= -slack {
			reached++
		}
		if x > slack {
			passed++
		}
	}
	return float64(reached) / float64(flips+1), float64(passed) / float64(flips+1)
}
