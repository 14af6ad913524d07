// Package repel keeps away from what is in training and from what failed, for runs with several trials side by side.
package repel

import (
	"context"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Repel knows where trials failed.
type Repel struct {
	Failed []mechanisms.Point `json:"failed"`
}

// New returns a Repel that knows of no failure.
func New() *Repel { return &Repel{Failed: []mechanisms.Point{}} }

// distance is Euclidean in the unit cube; points of other spaces are infinitely far.
func distance(s mechanisms.Space, p, q mechanisms.Point) float64 {
	if len(p) != len(s.Params) || len(q) != len(s.Params) {
		return math.Inf(+1)
	}
	sum := 0.
	for i, param := range s.Params {
		sum += math.Pow(param.Unit01(p[i])-param.Unit01(q[i]), 2)
	}
	return math.Sqrt(sum)
}

// nearest is how close a point comes to any of some others.
func nearest(s mechanisms.Space, p mechanisms.Point, others ...mechanisms.Point) float64 {
	d := math.Inf(+1)
	for _, q := range others {
		d = math.Min(d, distance(s, p, q))
	}
	return d
}

// Propose draws thirty neighbours and takes the one that is farthest from trouble but near the incumbent.
func (m *Repel) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	avoid := append([]mechanisms.Point{}, m.Failed...)
	for _, p := range v.Pending {
		avoid = append(avoid, p.Point)
	}
	for _, t := range v.Trials[max(0, len(v.Trials)-5):] {
		if t.OK() && !t.Kept {
			avoid = append(avoid, t.Point)
		}
	}
	free := v.Free()
	var best mechanisms.Point
	score := math.Inf(-1)
	for range 30 {
		p, ok := v.Fresh(10, func() mechanisms.Point {
			return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.4)
		})
		if !ok {
			continue
		}
		if s := math.Min(nearest(v.Space, p, avoid...), 2) - distance(v.Space, p, v.Incumbent.Point); s > score {
			best, score = p, s
		}
	}
	if best == nil {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	return mechanisms.Proposal{Point: best, Why: "away from what failed and what runs"}, nil
}

// Accept keeps what is better.
func (m *Repel) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe remembers failures that say something about the point.
func (m *Repel) Observe(t mechanisms.Trial) {
	switch t.Status {
	case mechanisms.OutOfMem, mechanisms.Diverged, mechanisms.TimedOut, mechanisms.NotFinite, mechanisms.Crashed:
	default:
		return
	}
	if len(t.Point) == 0 || len(m.Failed) >= 30 {
		return
	}
	m.Failed = append(m.Failed, t.Point.Clone())
}
