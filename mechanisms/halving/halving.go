// Package halving is asynchronous successive halving: bold random moves, of which all but the best third are stopped at
// every point of their learning curves, so that a budget buys several times the moves (Li et al. 2020, ASHA, eta = 3).
package halving

import (
	"context"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// eta: a trial goes on past a point of its curve only if it is among the best 1/eta of those that came as far.
const eta = 3

// enough is how many curves must have reached a point before anything is stopped there: less says nothing.
const enough = 3

// Halving has no state: the curves are in the view.
type Halving struct{}

// New returns a Halving.
func New() *Halving { return &Halving{} }

// Propose moves one to three free parameters of the incumbent by large steps: most will be poor, and stopped early.
func (*Halving) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free, base := v.Free(), v.Incumbent.Point
	p, _ := v.Fresh(200, func() mechanisms.Point {
		p := base
		for range 1 + v.Rand.IntN(3) {
			p = v.Nudge(p, free[v.Rand.IntN(len(free))], 0.25)
		}
		return p
	})
	return mechanisms.Proposal{Point: p, Why: "bold move: " + v.Space.Diff(base, p)}, nil
}

// Accept keeps what is better.
func (*Halving) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Halving) Observe(mechanisms.Trial) {}

// Prune stops a trial that is not among the best third of the trials that reached the same share of their budget.
func (*Halving) Prune(v mechanisms.View, _ mechanisms.Proposal, curve []mechanisms.Sample) bool {
	if len(curve) == 0 {
		return false
	}
	at, reached, better := curve[len(curve)-1], 0, 0
	for _, t := range v.Trials {
		if bpb, ok := sampleAt(t.Curve, at.Fraction); ok {
			reached++
			if bpb < at.BPB {
				better++
			}
		}
	}
	rank, places := better+1, (reached+1+eta-1)/eta // among the reached and itself; the best third, rounded up
	return reached >= enough && rank > places
}

// sampleAt returns the curve's value at a share of the budget. Curves of one task are sampled at the same shares.
func sampleAt(curve []mechanisms.Sample, fraction float64) (float64, bool) {
	for _, c := range curve {
		if math.Abs(c.Fraction-fraction) < 1e-6 {
			return c.BPB, true
		}
	}
	return 0, false
}
