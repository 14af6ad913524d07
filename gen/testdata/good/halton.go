// Package halton spreads points by Halton's sequence, shrunk around the incumbent as the search goes on.
package halton

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Halton counts the points it has used.
type Halton struct {
	Index uint32
}

// New returns a Halton at its first point.
func New() *Halton { return &Halton{} }

// primes returns the first n primes.
func primes(n int) []int {
	list := make([]int, 0, n)
next:
	for candidate := 2; len(list) < n && candidate < 1000; candidate++ {
		for _, p := range list {
			if p*p > candidate {
				break
			}
			if candidate%p == 0 {
				continue next
			}
		}
		list = append(list, candidate)
	}
	return list
}

// radical mirrors the digits of n in a base at the point.
func radical(n, base int) float64 {
	x, f := 0.0, 1.0
	for ; n > 0; n /= base {
		f /= float64(base)
		x += f * float64(n%base)
	}
	return x
}

// Propose maps the next points of the sequence into a box around the incumbent.
func (h *Halton) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	bases := primes(len(free))
	width := 1.0
	for k := len(v.Trials); k > 5; k -= 5 {
		width *= 0.7
	}
	for n := int(h.Index) + 1; n < int(h.Index)+200; n++ {
		p := v.Incumbent.Point.Clone()
		for k, i := range free {
			if k >= len(bases) {
				break
			}
			q := v.Space.Params[i]
			u := q.Unit01(p[i]) + width*(radical(n, bases[k])-0.5)
			p[i] = q.FromUnit01(min(max(u, 0), 1))
		}
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "the next of Halton's points"}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (h *Halton) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe goes on.
func (h *Halton) Observe(t mechanisms.Trial) { h.Index++ }
