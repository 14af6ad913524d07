// Package racing runs wide changes and stops those that fall behind the median of earlier curves.
package racing

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Lap is a place in the budget with the values seen there.
type Lap struct {
	Percent int       `json:"percent"`
	Values  []float64 `json:"values"`
}

// Racing has the laps in order.
type Racing struct {
	Laps []Lap `json:"laps"`
}

var (
	_ mechanisms.Mechanism = (*Racing)(nil)
	_ mechanisms.Pruner    = (*Racing)(nil)
)

// New returns a Racing that has seen no lap.
func New() *Racing { return &Racing{} }

func median[T cmp.Ordered](values ...T) (middle T, ok bool) {
	if len(values) == 0 {
		return middle, false
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2], true
}

func percent(s mechanisms.Sample) int { return int(100*s.Fraction + 0.5) }

// lap finds a place, and where it would stand.
func (r *Racing) lap(percent int) (int, bool) {
	return slices.BinarySearchFunc(r.Laps, percent, func(l Lap, p int) int { return cmp.Compare(l.Percent, p) })
}

// Propose changes three parameters at once.
func (r *Racing) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	draw := func() mechanisms.Point {
		p := v.Incumbent.Point
		for k, i := range v.Rand.Perm(len(v.Space.Params)) {
			if k < 3 && !v.Frozen(i) {
				p = v.Nudge(p, i, 0.3)
			}
		}
		return p
	}
	for _, times := range [...]int{50, 100, 400} {
		if p, ok := v.Fresh(times, draw); ok {
			return mechanisms.Proposal{Point: p, Why: "three at once"}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (r *Racing) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Prune compares with the median at the same place, from the middle of the budget on.
func (r *Racing) Prune(v mechanisms.View, p mechanisms.Proposal, curve []mechanisms.Sample) bool {
	if len(curve) < 2 {
		return false
	}
	at := curve[len(curve)-1]
	k, found := r.lap(percent(at))
	if !found || at.Fraction < 0.5 || len(r.Laps[k].Values) < 4 {
		return false
	}
	m, ok := median(r.Laps[k].Values...)
	return ok && at.BPB > m+2*v.Noise && at.BPB > m*1.01
}

// Observe adds a finished curve.
func (r *Racing) Observe(t mechanisms.Trial) {
	if !t.OK() {
		return
	}
	for _, s := range t.Curve {
		k, found := r.lap(percent(s))
		if !found {
			r.Laps = slices.Insert(r.Laps, k, Lap{Percent: percent(s)})
		}
		r.Laps[k].Values = append(r.Laps[k].Values, s.BPB)
	}
}
