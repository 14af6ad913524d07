package surfaces

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Harm is what a mechanism loses on a null family, where the default is the optimum and all there is to find is noise,
// beside what another (greedy, as a rule) loses on the same instances.
type Harm struct {
	Searches   int     `json:"searches"`   // pairs
	Loss       float64 `json:"loss"`       // mean of the mechanism's, in standard deviations of the noise
	Beside     float64 `json:"beside"`     // mean of the other's; 0 where it was not asked, which is the least that anything loses
	Difference float64 `json:"difference"` // mean of the paired differences; above 0, the mechanism loses more
	Low        float64 `json:"low"`        // bound that the true difference lies above, with the confidence of HarmSearches
}

// HarmSearches is how many pairs of searches Harm is computed from, and harmQuantile the quantile of Student's t with one
// degree of freedom less at 0.995: Low is above the true difference in one case of 200 when differences are normal, and
// less often when they are skewed to the right, as losses are, because a large mean then comes with a large spread.
const (
	HarmSearches = 12
	harmQuantile = 3.106
)

// HarmBound is the true difference that is allowed, in standard deviations of the noise. Greedy loses 0.4 by keeping what is
// lower by luck; the most that an honest mechanism by hand loses beside it is 0.5 (annealing), so that one standard
// deviation more than greedy is loss by method, and not by luck.
const HarmBound = 1.0

// Losses are what a mechanism loses on instances of a null family, one search each: the Regrets of Measure, in half its time,
// because nobody is asked beside it.
func Losses(e mechanisms.Entry, f Family, ask Proposer, seeds []uint64) ([]float64, error) {
	var all []float64
	for _, seed := range seeds {
		d := drive{e: e, s: f.New(seed), ask: ask, seed: seed}
		run, err := d.search(Trials, 1)
		if err != nil {
			return nil, err
		}
		all = append(all, run.Regret[len(run.Regret)-1])
	}
	return all, nil
}

// Harmless reports whether no comparison could call losses of this mean Bad: nothing loses less than 0 where the default is
// the optimum, so the difference from another mechanism is at most the loss itself. Then the other need not be asked.
func Harmless(own []float64) bool { return len(own) > 0 && average(own) <= HarmBound }

// MeasureHarm compares losses of searches on the same instances of a null family, HarmSearches of each. The other's may be
// left out where the mechanism's own are Harmless.
func MeasureHarm(own, beside []float64) (Harm, error) {
	n := len(own)
	if len(beside) == 0 && Harmless(own) {
		beside = make([]float64, n)
	}
	if n != HarmSearches || len(beside) != n {
		return Harm{}, fmt.Errorf("measure harm: %d searches beside %d, want %d of both", n, len(beside), HarmSearches)
	}
	h := Harm{Searches: n, Loss: average(own), Beside: average(beside)}
	h.Difference = h.Loss - h.Beside
	square := 0.0
	for i := range own {
		d := own[i] - beside[i] - h.Difference
		square += d * d
	}
	h.Low = h.Difference - harmQuantile*math.Sqrt(square/float64(n-1)/float64(n))
	return h, nil
}

// Bad reports whether the mechanism does harm. The tests of this file measure how often: never of the mechanisms by hand as
// they are; at most one in 200 where their losses are multiplied until the true difference is HarmBound; 99 in 100 of one
// that keeps whatever is less than two standard deviations worse, which loses 4.8. One that keeps what is less than one
// worse loses 1.6 and mostly passes.
func (h Harm) Bad() bool { return h.Low > HarmBound }
