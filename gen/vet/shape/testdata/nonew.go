package nonew // want `no func New: declare func New\(\) \*T`

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{}

// Entry is taken.
const Entry = 1 // want `the name Entry is taken`

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}
