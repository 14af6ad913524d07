// Package good has every part.
package good

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{ Count int }

func New() *M { return &M{} }

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}

func (m *M) Prune(v mechanisms.View, p mechanisms.Proposal, curve []mechanisms.Sample) bool {
	return false
}
