package good

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{}

func New() *M { return &M{} }

func (m *M) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return m.helper(v)
}

func (m *M) helper(v mechanisms.View) (mechanisms.Proposal, error) {
	w := v
	return mechanisms.Proposal{Point: w.Space.Default()}, nil
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}
