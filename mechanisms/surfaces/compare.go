package surfaces

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Comparison is what pairs of searches on the same instances say about two mechanisms.
type Comparison struct {
	A, B Figures
	// Difference is the mean of A's Regret30 minus B's: below 0, A ends lower. Low and High bound it with 95 % confidence
	// (percentile bootstrap over the pairs).
	Difference, Low, High float64
	// P is the chance of a difference at least as large, either way, if the mechanisms were exchangeable (permutation of
	// the signs of the paired differences). With n pairs it cannot be below 2^(1-n).
	P float64
}

// resamples of bootstrap and permutation; the standard error of a P near 0.05 is then 0.002.
const resamples = 10000

// Compare measures two mechanisms on the same n instances with the same proposer streams.
func Compare(a, b mechanisms.Entry, f Family, ask Proposer, n int) (Comparison, error) {
	seeds, err := Seeds(n, a, b)
	if err != nil {
		return Comparison{}, err
	}
	gotA, err := Measure(a, f, ask, seeds)
	if err != nil {
		return Comparison{}, err
	}
	gotB, err := Measure(b, f, ask, seeds)
	if err != nil {
		return Comparison{}, err
	}
	return Pair(gotA, gotB)
}

// Pair compares figures that were measured with the same seeds, wherever that was.
func Pair(a, b Figures) (Comparison, error) {
	if len(a.Regrets) != len(b.Regrets) || len(a.Regrets) == 0 {
		return Comparison{}, fmt.Errorf("compare figures: %d searches and %d, want as many of both", len(a.Regrets), len(b.Regrets))
	}
	differences := make([]float64, len(a.Regrets))
	for i := range differences {
		differences[i] = a.Regrets[i] - b.Regrets[i]
	}
	c := Comparison{A: a, B: b}
	c.Difference, c.Low, c.High, c.P = paired(differences)
	return c, nil
}

// paired returns the mean of differences, its confidence interval, and the permutation's p.
func paired(differences []float64) (mean, low, high, p float64) {
	n := len(differences)
	r := mechanisms.Stream(uint64(n), 0, "resampling")
	mean = average(differences)
	means, extreme := make([]float64, resamples), 0
	for k := range means {
		drawn, flipped := 0.0, 0.0
		for _, d := range differences {
			drawn += differences[r.IntN(n)] / float64(n)
			flipped += d * float64(2*r.IntN(2)-1) / float64(n)
		}
		means[k] = drawn
		if math.Abs(flipped) >= math.Abs(mean)-1e-15 {
			extreme++
		}
	}
	slices.Sort(means)
	return mean, means[resamples*25/1000], means[resamples*975/1000], float64(extreme+1) / (resamples + 1)
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
