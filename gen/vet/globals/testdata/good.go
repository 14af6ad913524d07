package good

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const limit = 3

var _ mechanisms.Mechanism = (*M)(nil)

type M struct{ Count int }

func defaults() []int { return []int{1, 2} }

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}
