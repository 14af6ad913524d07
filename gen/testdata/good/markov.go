// Package markov learns which parameter pays after which, as a chain of first order.
package markov

import (
	"context"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Markov is a table of counts: Next[a][b] says how often b was kept after a.
type Markov struct {
	Next  [][]float64
	Last  int
	Stand mechanisms.Point
	Tries [3]int8
}

// New returns a Markov whose table is empty.
func New() *Markov {
	m := new(Markov)
	m.Last = -1
	return m
}

// grown is the table with room for n parameters; the one given is not changed.
func grown(table [][]float64, n int) [][]float64 {
	out := make([][]float64, max(n, len(table)))
	for i := range out {
		out[i] = make([]float64, len(out))
		if i < len(table) {
			copy(out[i], table[i])
		}
	}
	return out
}

// pick draws an index by weight. u is uniform in [0, 1).
func pick(weights []float64, u float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u *= total
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// Propose changes the parameter that the chain draws.
func (m *Markov) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) == 0 {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	weights := slices.Repeat([]float64{0.5}, len(free))
	if m.Last >= 0 && m.Last < len(m.Next) {
		for k, i := range free {
			if i < len(m.Next[m.Last]) {
				weights[k] += m.Next[m.Last][i]
			}
		}
	}
	for try := range 50 {
		i := free[pick(weights, v.Rand.Float64())]
		var size float64
		switch {
		case try > 30:
			size = 0.9
		case try > 10:
			size = 0.4
			if v.Steer.Strategy == "explore" {
				size *= 2
			}
		default:
			size = 0.2
		}
		if p := v.Nudge(v.Incumbent.Point, i, min(size, 1)); v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "the chain goes to " + v.Space.Params[i].Name}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (m *Markov) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe adds what was kept to the table.
func (m *Markov) Observe(t mechanisms.Trial) {
	switch {
	case t.OK():
		m.Tries[0]++
		fallthrough
	case t.Status == mechanisms.Pruned:
		m.Tries[1]++
	default:
		m.Tries[2]++
	}
	if m.Tries[0] > 100 {
		clear(m.Tries[:])
	}
	if !t.Kept {
		return
	}
	m.Next = grown(m.Next, len(t.Point))
	for i := range m.Stand {
		if i < len(t.Point) && m.Stand[i] != t.Point[i] {
			if m.Last >= 0 {
				m.Next[m.Last][i]++
			}
			m.Last = i
		}
	}
	m.Stand = t.Point.Clone()
}
