// Package lessons tries first what earlier runs learnt, strongest first.
package lessons

import (
	"context"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Lessons counts how many were used.
type Lessons struct {
	Used     []string
	Trials   int
	Improved bool
}

// New returns Lessons of which none was used.
func New() *Lessons { return &Lessons{} }

type scored struct {
	lesson mechanisms.Lesson
	weight float64
}

// Propose follows the strongest unused lesson; then it alternates between a random step and the model.
func (l *Lessons) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	var list []scored
	for _, x := range v.Lessons {
		i := v.Space.Index(x.Param)
		if i < 0 || v.Frozen(i) || x.Direction == 0 || slices.Contains(l.Used, x.Param) {
			continue
		}
		list = append(list, scored{x, x.Confidence * -x.Effect})
	}
	slices.SortStableFunc(list, func(a, b scored) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	for _, s := range list {
		i := v.Space.Index(s.lesson.Param)
		p := v.Incumbent.Point.With(i, v.Space.Params[i].Move(v.Incumbent.Point[i], s.lesson.Direction, 0.2))
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "an earlier run learnt: " + s.lesson.Text}, nil
		}
	}
	if l.Trials%2 == 1 {
		free := v.Free()
		if p, ok := v.Fresh(300, func() mechanisms.Point {
			return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.15)
		}); ok {
			return mechanisms.Proposal{Point: p, Why: "a random step"}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (l *Lessons) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts.
func (l *Lessons) Observe(t mechanisms.Trial) {
	l.Trials++
	l.Improved = l.Improved || t.Kept && t.Seq > 0
}
