package stats

import (
	"math"
	"slices"
)

// IQM is the interquartile mean: the mean of the middle half, values at its edges counted by the share of them that lies within.
// It is less moved by single runs than the mean and wastes less than the median (Agarwal et al., Deep Reinforcement Learning at the
// Edge of the Statistical Precipice, NeurIPS 2021). 0 where there is nothing.
func IQM(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	n := float64(len(sorted))
	sum := 0.0
	for i, v := range sorted {
		inside := math.Min(float64(i+1), 0.75*n) - math.Max(float64(i), 0.25*n)
		if inside > 0 {
			sum += inside * v
		}
	}
	return sum / (n / 2)
}
