package stats

import "math"

// DZ is the mean of paired differences in units of their standard deviation, Cohen's d_z (Lakens, Frontiers in Psychology 4,
// 2013). It is 0 where nothing differs or fewer than two pairs are known. Where all differ by the same it would be
// without bound, and is 0 as well: there is no spread to measure in.
func DZ(differences []float64) float64 {
	d, size := Spread(differences), 0.0
	for _, v := range differences {
		size = max(size, math.Abs(v))
	}
	if d <= slack*size {
		return 0
	}
	return Mean(differences) / d
}

// Improvement is the share of paired differences below 0, ties counted by half: the probability that the first of a pair ends
// lower on a unit like these. 0.5 where there are none. Agarwal et al. (NeurIPS 2021) take all pairs of two
// independent samples instead; ours are paired by seed, so only those of a unit are compared.
func Improvement(differences []float64) float64 {
	if len(differences) == 0 {
		return 0.5
	}
	better := 0.0
	for _, d := range differences {
		switch {
		case d < 0:
			better++
		case d == 0:
			better += 0.5
		}
	}
	return better / float64(len(differences))
}
