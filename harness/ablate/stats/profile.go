package stats

import "slices"

// DataProfile returns, for k = 0, 1, ... trials, the share of curves that reached tau or lower within k (Moré and Wild, SIAM Journal
// on Optimization 20, 2009, with trials for their groups of gradients). A curve holds a value after 0, 1, ... trials; one that
// ends early stays at its last. It is as long as the longest curve, and nil where there is none.
func DataProfile(curves [][]float64, tau float64) []float64 {
	longest := 0
	for _, c := range curves {
		longest = max(longest, len(c))
	}
	if longest == 0 {
		return nil
	}
	solved := make([]float64, longest)
	for _, c := range curves {
		first := slices.IndexFunc(c, func(v float64) bool { return v <= tau })
		for k := first; first >= 0 && k < longest; k++ {
			solved[k]++
		}
	}
	for k := range solved {
		solved[k] /= float64(len(curves))
	}
	return solved
}
