package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Spearman returns the rank correlation of pairs x[i], y[i], ties by mean rank, and its interval with the given confidence: by
// Fisher's z with the variance (1 + rho²/2)/(n-3) (Bonett and Wright, Psychometrika 65, 2000). Below four pairs nothing
// bounds it but -1 and 1. It is 0, bounded by nothing, where all x or all y are the same.
func Spearman(x, y []float64, confidence float64) (rho float64, bounds Interval) {
	bounds = Interval{-1, 1}
	a, b := Ranks(x), Ranks(y)
	if len(x) != len(y) || len(x) < 2 || Spread(a) == 0 || Spread(b) == 0 {
		return 0, bounds
	}
	rho = min(1, max(-1, stat.Correlation(a, b, nil)))
	if len(x) < 4 {
		return rho, bounds
	}
	n := float64(len(x))
	nearest := 1 - 12/(n*(n*n-1)) // the transform is without bound at 1; this is what one exchange of neighbours leaves of it
	held := min(max(rho, -nearest), nearest)
	reach := distuv.UnitNormal.Quantile((1+confidence)/2) * math.Sqrt((1+held*held/2)/(n-3))
	z := math.Atanh(held)
	return rho, Interval{min(rho, math.Tanh(z-reach)), max(rho, math.Tanh(z+reach))}
}

// Ranks returns 1 for the lowest, and the mean of the ranks they share for equal ones.
func Ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	ranks := make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+1+to) / 2
		}
		from = to
	}
	return ranks
}
