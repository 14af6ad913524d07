package bad

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{ Next mechanisms.Point }

func New() *M { return &M{} }

func (m *M) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) { // want `Propose never reads its view`
	w := v
	return m.helper(w)
}

func (m *M) helper(v mechanisms.View) (mechanisms.Proposal, error) {
	return mechanisms.Proposal{Point: m.Next.Clone()}, nil
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) { m.Next = t.Point.Clone() }
