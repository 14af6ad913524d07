// Package gp is Bayesian optimization: a Gaussian process over the unit scales predicts every point's value with its
// uncertainty, and the point of the largest expected improvement is tried (Jones, Schonlau and Welch 1998).
package gp

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const (
	startup    = 5   // trials with a value before the process is used
	candidates = 400 // uniform points at which improvement is looked for
	neighbours = 200 // and points around the incumbent
)

// GP has no state: the process is fitted anew to the trials at every proposal.
type GP struct{}

// New returns a GP.
func New() *GP { return &GP{} }

// Propose returns the candidate of the largest expected improvement.
func (*GP) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	x, y := data(v)
	if len(v.Free()) == 0 {
		return mechanisms.Proposal{}, fmt.Errorf("look for improvement: all %d parameters are frozen, want one that is free", len(v.Space.Params))
	}
	if len(y) < startup {
		p, _ := v.Fresh(200, v.Uniform)
		return mechanisms.Proposal{Point: p, Why: "drawn at random, before there are enough trials to model"}, nil
	}
	process, err := fit(x, y)
	if err != nil {
		return mechanisms.Proposal{}, fmt.Errorf("fit %d trials: %w", len(y), err)
	}
	lowest, best, found := math.Inf(1), -1.0, mechanisms.Point(nil)
	for _, value := range y {
		lowest = min(lowest, value)
	}
	for k := range candidates + neighbours {
		p := candidate(v, k)
		if v.Allows(p) != nil || v.Tried(p) {
			continue
		}
		mean, deviation := process.predict(encode(v.Space, p))
		if ei := improvement(lowest, mean, deviation); ei > best {
			best, found = ei, p
		}
	}
	if found == nil {
		found, _ = v.Fresh(200, v.Uniform)
	}
	return mechanisms.Proposal{Point: found, Why: fmt.Sprintf("largest expected improvement: %.4g standard deviations of the trials", best)}, nil
}

// Accept keeps what is better.
func (*GP) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn that the trials do not show.
func (*GP) Observe(mechanisms.Trial) {}

// candidate is the k-th point to look at: uniform, then changes of one to three parameters of the incumbent.
func candidate(v mechanisms.View, k int) mechanisms.Point {
	if k < candidates {
		return v.Uniform()
	}
	p, free := v.Incumbent.Point, v.Free()
	for range 1 + v.Rand.IntN(3) {
		p = v.Nudge(p, free[v.Rand.IntN(len(free))], 0.1)
	}
	return p
}

// data encodes the trials: values standardized to mean 0 and deviation 1, a trial without a value as the worst one that has
// a value. A trial that is running is believed to come out as the mean, so that its surroundings are left alone.
func data(v mechanisms.View) (x [][]float64, y []float64) {
	worst, sum, squares, n := math.Inf(-1), 0.0, 0.0, 0.0
	for _, t := range v.Trials {
		if t.OK() {
			worst, sum, squares, n = max(worst, t.BPB), sum+t.BPB, squares+t.BPB*t.BPB, n+1
		}
	}
	if n < 2 {
		return nil, nil
	}
	mean := sum / n
	deviation := math.Sqrt(max(squares/n-mean*mean, 1e-12))
	for _, t := range v.Trials {
		if v.Space.Inside(t.Point) != nil {
			continue
		}
		value := worst
		if t.OK() {
			value = t.BPB
		}
		x, y = append(x, encode(v.Space, t.Point)), append(y, (value-mean)/deviation)
	}
	for _, p := range v.Pending {
		if v.Space.Inside(p.Point) == nil {
			x, y = append(x, encode(v.Space, p.Point)), append(y, 0)
		}
	}
	return x, y
}

// encode maps a point to unit coordinates; a choice becomes one coordinate per label, so that all labels are equally far apart.
func encode(s mechanisms.Space, p mechanisms.Point) []float64 {
	var u []float64
	for i, q := range s.Params {
		if q.Kind != mechanisms.Choice {
			u = append(u, q.Unit01(p[i]))
			continue
		}
		for k := range q.Levels() {
			is := 0.0
			if k == int(p[i]) {
				is = 0.5
			}
			u = append(u, is)
		}
	}
	return u
}

// improvement is the expected amount by which a normal value falls below lowest.
func improvement(lowest, mean, deviation float64) float64 {
	if deviation < 1e-9 {
		return math.Max(0, lowest-mean)
	}
	z := (lowest - mean) / deviation
	return (lowest-mean)*distuv.UnitNormal.CDF(z) + deviation*distuv.UnitNormal.Prob(z)
}
