package tiny

import (
	"context"

	m "github.com/seed161a02ea/bilevel/mechanisms"
)

// T steps one parameter after the other up or down by a tenth.
type T struct{ N int }

func New() *T { return &T{} }

func (t T) Propose(c context.Context, v m.View) (m.Proposal, error) {
	f := v.Free()
	for k := range 2 * len(f) {
		i, d := f[(t.N+k)%len(f)], 1-2*((t.N+k)/len(f)%2)
		p := v.Incumbent.Point.With(i, v.Space.Params[i].Move(v.Incumbent.Point[i], d, .1))
		if v.Allows(p) == nil && !v.Tried(p) {
			return m.Proposal{Point: p, Why: "step"}, nil
		}
	}
	return v.Ask(c, m.Hint{})
}

func (T) Accept(v m.View, t m.Trial) bool { return t.Better(v.Incumbent) }

func (t *T) Observe(m.Trial) { t.N++ }
