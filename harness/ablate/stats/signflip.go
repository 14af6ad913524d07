package stats

import "math"

// A Test is what flipping signs says about the mean of paired differences.
type Test struct {
	P        float64 // two-sided
	Lower    float64 // one-sided: of a mean as low or lower
	Exact    bool    // every pattern of signs was counted; otherwise patterns were drawn
	Smallest float64 // the smallest two-sided P that so many clusters can give, 2^(1-n); 1 without clusters
}

// slack is the share of a sum of absolute values below which two sums are called the same: patterns that tie on paper must count
// as ties though they were added up in another order.
const slack = 1e-12

// SignFlip tests whether the mean of paired differences is 0, by the signs that whole clusters could have had (Fisher, The
// Design of Experiments, 1935, section 21; for clusters: Winkler et al., NeuroImage 123, 2015). If two procedures are
// exchangeable on a task, all its differences could as well have come with the other sign, together; so the level holds
// whatever their distribution is and however closely the seeds of a task go together. If only the mean is 0 and the differences
// lean to one side, the level holds in the limit: at a nominal 0.05, exponential differences are rejected in 0.09 of simulations with 8
// or 12 tasks and 0.08 with 24.
//
// The statistic is the mean by its standard error, with the variance taken within strata: what a whole family gains or loses is
// no noise. Flips within strata leave the sum of squares alone, so with one stratum the statistic orders patterns as the mean
// does and the test is Fisher's. A stratum of a single cluster is put together with others, as Bootstrap does.
func SignFlip(clusters []Cluster, seed uint64) Test {
	var strata [][]float64 // sums of the clusters
	n, size := 0, 0.0
	for _, s := range collapsed(filled(clusters)) {
		var sums []float64
		for _, c := range s {
			sum := Mean(c.Values) * float64(len(c.Values))
			sums = append(sums, sum)
			size += math.Abs(sum)
		}
		strata = append(strata, sums)
		n += len(sums)
	}
	t := Test{P: 1, Lower: 1, Exact: true, Smallest: math.Ldexp(1, 1-max(1, n))}
	if size == 0 {
		return t
	}
	total := 0.0
	for i := range strata {
		for j := range strata[i] {
			strata[i][j] /= size // so that slack is a share
			total += strata[i][j]
		}
	}
	if math.Abs(total) <= slack {
		t.Lower = 0.5 // as many patterns are above as below
		return t
	}
	var least, more float64 // share of patterns at least as extreme, and of more extreme ones
	if len(strata) == 1 {
		least, more, t.Exact = oneStratum(strata[0], math.Abs(total), seed)
	} else {
		least, more, t.Exact = newStudent(strata).shares(total > 0, seed)
	}
	t.P = min(1, least)
	if t.Lower = least / 2; total > 0 { // patterns come in pairs, one the other's negative
		t.Lower = 1 - more/2
	}
	return t
}
