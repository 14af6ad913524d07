package stats

import "slices"

// Holm returns each p corrected for all being looked at together: rejecting those at most alpha keeps the chance of any false
// rejection at most alpha, whatever their dependence (Holm, Scandinavian Journal of Statistics 6, 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	corrected, least := make([]float64, len(p)), 0.0
	for k, i := range order {
		least = min(1, max(least, p[i]*float64(len(p)-k)))
		corrected[i] = least
	}
	return corrected
}
