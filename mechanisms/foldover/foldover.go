// Package foldover tries the other side: when changing one parameter was discarded, it changes the same parameter by the
// same step in the opposite direction before the model is asked again. A proposer that always halves what should be doubled
// is corrected at the price of one trial.
package foldover

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Foldover has no state: what was discarded is in the view.
type Foldover struct{}

// New returns a Foldover.
func New() *Foldover { return &Foldover{} }

// Propose folds the newest discarded move that has not been answered from the other side, or asks the model.
func (*Foldover) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	for k := len(v.Trials) - 1; k > 0 && !v.Trials[k].Kept; k-- {
		if p, ok := fold(v, v.Trials[k]); ok {
			why := "the opposite of a discarded move: " + v.Space.Diff(v.Incumbent.Point, p)
			return mechanisms.Proposal{Point: p, Why: why}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (*Foldover) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Foldover) Observe(mechanisms.Trial) {}

// fold reflects a discarded change of one parameter in the incumbent, on the parameter's own scale. It declines a choice,
// which has no opposite, and a parameter that was already tried on the other side since the incumbent was kept.
func fold(v mechanisms.View, t mechanisms.Trial) (mechanisms.Point, bool) {
	i, dir := move(v, t.Point)
	if dir == 0 || v.Space.Inside(t.Point) != nil {
		return nil, false
	}
	for k := len(v.Trials) - 1; k > 0 && !v.Trials[k].Kept; k-- {
		if j, other := move(v, v.Trials[k].Point); j == i && other == -dir {
			return nil, false
		}
	}
	for _, q := range v.Pending {
		if j, other := move(v, q.Point); j == i && other == -dir {
			return nil, false
		}
	}
	par, at := v.Space.Params[i], v.Incumbent.Point[i]
	p := v.Incumbent.Point.With(i, par.FromUnit01(2*par.Unit01(at)-par.Unit01(t.Point[i])))
	return p, p[i] != at && v.Allows(p) == nil && !v.Tried(p)
}

// move returns the one ordered parameter in which p differs from the incumbent and the direction; direction 0 when there is none.
func move(v mechanisms.View, p mechanisms.Point) (i, dir int) {
	changed := v.Space.Changed(v.Incumbent.Point, p)
	if len(changed) != 1 {
		return -1, 0
	}
	i = changed[0]
	return i, v.Space.Params[i].Direction(v.Incumbent.Point[i], p[i])
}
