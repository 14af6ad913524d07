package stats

import (
	"math"
	"slices"
	"sort"
)

// exactPatterns is the most patterns of all strata but the largest, and of the largest, that are counted.
const exactPatterns = 1 << 18

// ridge is the share of the sum of squares that is added to the variance. It gives an order to patterns without any variance, by
// their sums, and is too little to change that of others.
const ridge = 1e-9

// A student is the stratified statistic T of patterns of signs: with A_h the sum of stratum h, Q_h its sum of squares, which no flip
// changes, and n_h its clusters,
//
//	T = sum A_h / sqrt(sum n_h/(n_h-1) (Q_h - A_h²/n_h) + ridge),
//
// which is the mean by its standard error in a stratified sample (Cochran, Sampling Techniques, 1977, chapter 5; that flipping a
// studentised mean tests the mean even where tasks are not exchangeable: Janssen, Statistics and Probability Letters 36, 1997). A
// pattern is as extreme as the observed one, of T = T_0, where
//
//	(sum A_h)² + sum w_h A_h² >= K, with w_h = T_0²/(n_h-1) and K = T_0² (sum n_h/(n_h-1) Q_h + ridge).
type student struct {
	strata  [][]float64 // the largest last
	weights []float64
	k       float64
}

func newStudent(strata [][]float64) student {
	s := student{strata: slices.Clone(strata)}
	slices.SortStableFunc(s.strata, func(a, b []float64) int { return len(a) - len(b) })
	total, variance, constant := 0.0, 0.0, 0.0
	for _, sums := range s.strata {
		n, a, q := float64(len(sums)), 0.0, 0.0
		for _, v := range sums {
			a += v
			q += v * v
		}
		total += a
		variance += n/(n-1)*(q-a*a/n) + ridge*q
		constant += n/(n-1)*q + ridge*q
	}
	t := total * total / variance
	for _, sums := range s.strata {
		s.weights = append(s.weights, t/float64(len(sums)-1))
	}
	s.k = t * constant
	return s
}

// shares returns the shares of patterns as extreme as the observed one, and of more extreme ones where those are asked for.
func (s student) shares(ties bool, seed uint64) (least, more float64, exact bool) {
	last := len(s.strata) - 1
	outer := 0
	for _, sums := range s.strata[:last] {
		outer += len(sums)
	}
	if outer > 60 || 1<<outer > exactPatterns || len(s.strata[last]) > 60 || 1<<len(s.strata[last]) > exactPatterns {
		least, more = drawn(s.strata, seed, func(of []float64) float64 {
			a, squares := 0.0, 0.0
			for h, v := range of {
				a += v
				squares += s.weights[h] * v * v
			}
			return (a*a+squares)/s.k - 1
		})
		return least, more, false
	}
	all := make([][]float64, len(s.strata))
	for h, sums := range s.strata {
		all[h] = patterns(sums)
	}
	all[0] = all[0][len(all[0])/2:] // the other half are the negatives of these, and as extreme
	n := math.Ldexp(1, outer+len(s.strata[last])-1)
	least = s.walk(all, 0, 0, 0, s.k*(1-slack)) / n
	if ties {
		more = s.walk(all, 0, 0, 0, s.k*(1+slack)) / n
	}
	return least, more, true
}

// walk counts the patterns that reach k, going through the sums of all strata but the last, with a and squares those chosen so far. In
// the last the extreme ones are those outside an interval, which are found by halving.
func (s student) walk(all [][]float64, h int, a, squares, k float64) float64 {
	if h == len(all)-1 {
		return s.outside(all[h], a, squares, k)
	}
	reached := 0.0
	for _, v := range all[h] {
		reached += s.walk(all, h+1, a+v, squares+s.weights[h]*v*v, k)
	}
	return reached
}

// outside counts x, ascending, with (a+x)² + squares + w x² at least k.
func (s student) outside(x []float64, a, squares, k float64) float64 {
	w := s.weights[len(s.weights)-1]
	middle := -a / (1 + w)
	room := (k-squares-a*a)/(1+w) + middle*middle // (1+w)(x-middle)² has to reach this times 1+w
	if room <= 0 {
		return float64(len(x))
	}
	reach := math.Sqrt(room)
	low := sort.Search(len(x), func(i int) bool { return x[i] > middle-reach })
	high := sort.Search(len(x), func(i int) bool { return x[i] >= middle+reach })
	return float64(low + len(x) - high)
}
