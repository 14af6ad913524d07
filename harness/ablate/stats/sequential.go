package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Design is when a comparison is looked at and what errors it may make.
type Design struct {
	Looks    []int    // pairs at each look, rising; the last one ends it
	Alpha    float64  // chance to call the first better, one-sided, when it is not
	Power    float64  // chance to call it better when the drift of the bounds is true
	Efficacy Spending // of Alpha
	Futility Spending // of 1-Power; nil where the comparison is never ended for want of promise
}

// Bounds are between what values of Z a comparison goes on, at each look.
type Bounds struct {
	Looks    []int
	Efficacy []float64 // at or above it: the first is better
	Futility []float64 // at or below it: not worth more budget; the last is that of efficacy, and minus infinity is none
	// Drift is the mean of Z at the last look with which the comparison has the Power of its design. The mean of the differences is
	// then Drift/sqrt(pairs) of their standard deviations.
	Drift float64
}

// Bounds computes the bounds of the design. Those of efficacy hold Alpha whether or not anybody stops for futility (non-binding):
// they are found first, as if nobody did. Those of futility spend 1-Power under the drift for which both meet at the last look
// (Pampallona, Tsiatis and Kim, Drug Information Journal 35, 2001; Anderson, gsDesign, test.type = 4).
func (d Design) Bounds() (Bounds, error) {
	if err := d.check(); err != nil {
		return Bounds{}, err
	}
	b := Bounds{Looks: d.Looks, Efficacy: d.efficacy()}
	// More drift gives more room below: the drift is where the futility bound of the last look has come up to that of efficacy.
	b.Drift = root(0, 20, func(drift float64) float64 {
		return 1 - d.Power - d.missed(drift, b.Efficacy)
	})
	b.Futility = d.futility(b.Drift, b.Efficacy)
	b.Futility[len(b.Futility)-1] = b.Efficacy[len(b.Efficacy)-1]
	return b, nil
}

func (d Design) check() error {
	if len(d.Looks) == 0 {
		return fmt.Errorf("sequential design: no looks, want one at least")
	}
	for i, n := range d.Looks {
		if n < 1 || i > 0 && n <= d.Looks[i-1] {
			return fmt.Errorf("sequential design: looks at %v pairs, want rising numbers from 1 on", d.Looks)
		}
	}
	if !(d.Alpha > 0 && d.Alpha < 0.5) || !(d.Power > d.Alpha && d.Power < 1) {
		return fmt.Errorf("sequential design: alpha %v and power %v, want alpha between 0 and 0.5 and power between alpha and 1", d.Alpha, d.Power)
	}
	return nil
}

// share is how much of the information there is at look k.
func (d Design) share(k int) float64 { return float64(d.Looks[k]) / float64(d.Looks[len(d.Looks)-1]) }

// efficacy finds each look's bound such that crossing there or before has the chance that the spending allows.
func (d Design) efficacy() []float64 {
	bounds, w, spent := make([]float64, len(d.Looks)), newWalk(0), 0.0
	for k := range d.Looks {
		t := d.share(k)
		may := d.Efficacy(d.Alpha, t) - spent
		bounds[k] = root(-far, far, func(z float64) float64 { return w.above(t, z) - may })
		spent += w.above(t, bounds[k])
		w.step(t, -far, bounds[k])
	}
	return bounds
}

// futility finds each look's lower bound under a drift; none, minus infinity, where nothing is spent. It stays below efficacy.
func (d Design) futility(drift float64, efficacy []float64) []float64 {
	bounds, w, spent := make([]float64, len(d.Looks)), newWalk(drift), 0.0
	for k := range d.Looks {
		t := d.share(k)
		bounds[k] = math.Inf(-1)
		if d.Futility != nil && k < len(d.Looks)-1 {
			may := d.Futility(1-d.Power, t) - spent
			bounds[k] = min(efficacy[k], root(-far, efficacy[k]+far, func(z float64) float64 { return w.below(t, z) - may }))
			spent += w.below(t, bounds[k])
		}
		w.step(t, bounds[k], efficacy[k])
	}
	return bounds
}

// missed is the chance under a drift not to be called better.
func (d Design) missed(drift float64, efficacy []float64) float64 {
	_, better := outcomes(d, drift, efficacy, d.futility(drift, efficacy))
	return 1 - better
}

// outcomes returns the chances that the comparison ends below and above, with bounds at each look.
func outcomes(d Design, drift float64, efficacy, futility []float64) (below, above float64) {
	w := newWalk(drift)
	for k := range d.Looks {
		t := d.share(k)
		above += w.above(t, efficacy[k])
		if !math.IsInf(futility[k], -1) {
			below += w.below(t, futility[k])
		}
		w.step(t, futility[k], efficacy[k])
	}
	return below, above
}

// Effect is the mean of the differences, in their standard deviations, for which the comparison has the power of its design.
func (b Bounds) Effect() float64 { return b.Drift / math.Sqrt(float64(b.Looks[len(b.Looks)-1])) }

// FixedEffect is the like of one look at n pairs: what sequential looks are paid with.
func FixedEffect(n int, alpha, power float64) float64 {
	return (distuv.UnitNormal.Quantile(1-alpha) + distuv.UnitNormal.Quantile(power)) / math.Sqrt(float64(n))
}
