// Package crossover breeds two good points: every parameter comes from the one or the other, by the bits of a mask.
package crossover

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strconv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Crossover remembers the masks that bred well, newest last.
type Crossover struct {
	Masks []uint64 `json:"masks"`
}

// New returns a Crossover with no masks.
func New() *Crossover { return new(Crossover) }

// ranked pairs a value with what it is ordered by.
type ranked[K cmp.Ordered, T any] struct {
	key   K
	value T
}

// top returns the n values with the lowest keys.
func top[K cmp.Ordered, T any](all []ranked[K, T], n int) []T {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b ranked[K, T]) int { return cmp.Compare(a.key, b.key) })
	return collect(all[:min(n, len(all))], func(r ranked[K, T]) T { return r.value })
}

func collect[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

// Propose breeds two of the five best, or mutates when they do not differ.
func (c *Crossover) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	var parents []ranked[float64, mechanisms.Point]
	for _, t := range v.Trials {
		if t.OK() && v.Space.Check(t.Point) == nil {
			parents = append(parents, ranked[float64, mechanisms.Point]{t.BPB, t.Point})
		}
	}
	best := top(parents, 5)
	for try := 0; try < 40 && len(best) > 1; try++ {
		a, b := best[v.Rand.IntN(len(best))], best[v.Rand.IntN(len(best))]
		mask := v.Rand.Uint64()
		if n := len(c.Masks); n > 0 && try%2 == 0 {
			mask = c.Masks[v.Rand.IntN(n)]
		}
		child := v.Incumbent.Point.Clone()
		for _, i := range v.Free() {
			if child[i] = a[i]; mask>>(uint(i)%64)&1 == 1 {
				child[i] = b[i]
			}
		}
		if v.Allows(child) == nil && !v.Tried(child) {
			return mechanisms.Proposal{Point: child, Why: "mask " + strconv.FormatUint(mask, 16) + " of " + strconv.Itoa(bits.OnesCount64(mask)) + " ones"}, nil
		}
	}
	free := v.Free()
	child, ok := v.Fresh(500, func() mechanisms.Point {
		p := v.Incumbent.Point
		for range 1 + v.Rand.IntN(3) {
			p = v.Nudge(p, free[v.Rand.IntN(len(free))], 0.3)
		}
		return p
	})
	if !ok {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	return mechanisms.Proposal{Point: child, Why: "a mutation"}, nil
}

// Accept keeps what is better.
func (c *Crossover) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe remembers the mask of a child that was kept.
func (c *Crossover) Observe(t mechanisms.Trial) {
	const prefix, most = "mask ", 8
	if !t.Kept || len(t.Why) < len(prefix) || t.Why[:len(prefix)] != prefix {
		return
	}
	rest := t.Why[len(prefix):]
	end := slices.Index([]byte(rest), ' ')
	if end < 0 {
		return
	}
	mask, err := strconv.ParseUint(rest[:end], 16, 64)
	if err != nil {
		return
	}
	c.Masks = append(c.Masks, mask)
	if len(c.Masks) > most {
		c.Masks = slices.Delete(c.Masks, 0, len(c.Masks)-most)
	}
}
