// Package cmaes is the covariance matrix adaptation evolution strategy on the unit scales of the parameters.
package cmaes

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// name is what the loop writes in Trial.By; generations are made of own trials.
const name = "cmaes"

// start is the first step size, as a share of the ranges: half the range is within two of them.
const start = 0.2

// CMAES has no state: the strategy is computed anew from the trials at every proposal, which takes less than a thousandth of
// a second for a run's worth of them.
type CMAES struct{}

// New returns a CMAES.
func New() *CMAES { return &CMAES{} }

// Propose draws a candidate of the generation under way.
func (*CMAES) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return Sample(v, func(t mechanisms.Trial) bool { return t.By == name }), nil
}

// Accept keeps what is better; the strategy goes its own way.
func (*CMAES) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn that the trials do not show.
func (*CMAES) Observe(mechanisms.Trial) {}

// Sample tells the strategy the trials that count, in generations, and returns its next candidate. The strategy searches all
// parameters, so that freezing one changes what is proposed and not what was learnt.
func Sample(v mechanisms.View, counts func(mechanisms.Trial) bool) mechanisms.Proposal {
	first, lambda := v.Incumbent.Point, Lambda(len(v.Space.Params))
	var told []Scored
	for k, before := range mechanisms.Incumbents(v.Trials) {
		t := v.Trials[k]
		if !counts(t) || v.Space.Inside(t.Point) != nil {
			continue
		}
		if len(told) == 0 && before.OK() {
			first = before.Point
		}
		value := math.Inf(1)
		if t.OK() {
			value = t.BPB
		}
		told = append(told, Scored{unit(v.Space, t.Point), value})
	}
	s := NewStrategy(unit(v.Space, first), start, lambda)
	for ; len(told) >= lambda; told = told[lambda:] {
		s.Tell(told[:lambda])
	}
	p, _ := v.Fresh(200, func() mechanisms.Point {
		x, p := s.Ask(v.Rand), v.Incumbent.Point.Clone()
		for _, i := range v.Free() {
			p[i] = v.Space.Params[i].FromUnit01(mirror(x[i]))
		}
		return p
	})
	return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("generation %d of %d, step size %.3f of the ranges", s.generation+1, lambda, s.Sigma())}
}

func unit(s mechanisms.Space, p mechanisms.Point) []float64 {
	u := make([]float64, len(p))
	for i, q := range s.Params {
		u[i] = q.Unit01(p[i])
	}
	return u
}

// mirror folds a coordinate back into [0, 1], so that candidates do not pile up at the ends of the ranges.
func mirror(u float64) float64 {
	u = math.Mod(math.Abs(u), 2)
	if u > 1 {
		return 2 - u
	}
	return u
}
