// Package neighbours screens random candidates by the mean of their nearest measured neighbours.
package neighbours

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Neighbours remembers nothing: every measurement is in the view.
type Neighbours struct{}

var _ mechanisms.Mechanism = (*Neighbours)(nil)

// New returns a Neighbours.
func New() *Neighbours { return new(Neighbours) }

type candidate struct {
	point mechanisms.Point
	score float64
}

type near[T any] struct {
	value    T
	distance float64
}

// closest returns the k values with the smallest distances.
func closest[T any](all []near[T], k int) []T {
	ordered := slices.Clone(all)
	slices.SortStableFunc(ordered, func(a, b near[T]) int { return cmp.Compare(a.distance, b.distance) })
	out := make([]T, 0, k)
	for _, n := range ordered[:min(k, len(ordered))] {
		out = append(out, n.value)
	}
	return out
}

// Propose ranks sixty candidates.
func (*Neighbours) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	var all []candidate
	for try := 0; try < 60; try++ {
		p, ok := v.Fresh(20, func() mechanisms.Point {
			if v.Rand.Float64() < 0.2 {
				return v.Uniform()
			}
			free := v.Free()
			return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.2)
		})
		if !ok {
			continue
		}
		all = append(all, candidate{p, predict(v, p)})
	}
	if len(all) == 0 {
		p, _ := v.Fresh(3000, v.Uniform)
		return mechanisms.Proposal{Point: p, Why: "nothing new is near"}, nil
	}
	best := slices.MinFunc(all, func(a, b candidate) int { return cmp.Compare(a.score, b.score) })
	return mechanisms.Proposal{Point: best.point, Why: "its measured neighbours are good"}, nil
}

// predict is the mean of the three nearest values; a trial without one counts as bad.
func predict(v mechanisms.View, p mechanisms.Point) float64 {
	worst := math.Inf(-1)
	for _, t := range v.Trials {
		if t.OK() {
			worst = math.Max(worst, t.BPB)
		}
	}
	var all []near[float64]
	for _, t := range v.Trials {
		if len(t.Point) != len(p) {
			continue
		}
		value := worst
		if t.OK() {
			value = t.BPB
		}
		d := 0.0
		for i, q := range v.Space.Params {
			delta := q.Unit01(p[i]) - q.Unit01(q.Clip(t.Point[i]))
			d += delta * delta
		}
		all = append(all, near[float64]{value, d})
	}
	sum, n := 0.0, 0
	for _, x := range closest(all, 3) {
		sum += x
		n++
	}
	return sum / float64(max(n, 1))
}

// Accept keeps what is better.
func (*Neighbours) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Neighbours) Observe(mechanisms.Trial) {}
