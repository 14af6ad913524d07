// Package lattice goes through the neighbours on a lattice in a shuffled order and takes the first new one.
package lattice

import (
	"context"
	"maps"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// steps is how many values a continuous parameter has on the lattice.
const steps = 9

// Lattice keeps how often each parameter, by its index, led to something.
type Lattice struct {
	Wins map[int]int
	From mechanisms.Point
}

// New returns a Lattice with no wins.
func New() *Lattice { return &Lattice{Wins: map[int]int{}} }

// values yields the values of a parameter on the lattice.
func values(q mechanisms.Param) func(yield func(float64) bool) {
	return func(yield func(float64) bool) {
		n := q.Levels()
		if n == 0 {
			for k := range steps {
				if !yield(q.FromUnit01(float64(k) / (steps - 1))) {
					return
				}
			}
			return
		}
		for k := range n {
			if !yield(q.Level(k)) {
				return
			}
		}
	}
}

// neighbours collects the values next to a value, below and above.
func neighbours(q mechanisms.Param, value float64) []float64 {
	all := slices.Collect(values(q))
	slices.Sort(all)
	all = slices.Compact(all)
	at, found := slices.BinarySearch(all, value)
	var out []float64
	if at > 0 {
		out = append(out, all[at-1])
	}
	if found {
		at++
	}
	if at < len(all) {
		out = append(out, all[at])
	}
	return out
}

// order puts the parameters that won most first.
func (l *Lattice) order(v mechanisms.View) []int {
	order := v.Free()
	v.Rand.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	slices.SortStableFunc(order, func(a, b int) int { return l.Wins[b] - l.Wins[a] })
	return order
}

// Propose returns the first neighbour that is new.
func (l *Lattice) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	for _, i := range l.order(v) {
		for _, x := range neighbours(v.Space.Params[i], v.Incumbent.Point[i]) {
			if p := v.Incumbent.Point.With(i, x); v.Allows(p) == nil && !v.Tried(p) {
				return mechanisms.Proposal{Point: p, Why: "a neighbour on the lattice"}, nil
			}
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (l *Lattice) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts wins, and halves all now and then.
func (l *Lattice) Observe(t mechanisms.Trial) {
	if !t.Kept {
		return
	}
	total := 0
	for n := range maps.Values(l.Wins) {
		total += n
	}
	if total > 20 {
		for _, i := range slices.Sorted(maps.Keys(l.Wins)) {
			l.Wins[i] /= 2
		}
	}
	for i := range min(len(l.From), len(t.Point)) {
		if l.From[i] != t.Point[i] {
			l.Wins[i]++
		}
	}
	l.From = t.Point.Clone()
}
