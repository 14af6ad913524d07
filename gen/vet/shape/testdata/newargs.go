package newargs

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{}

func New(v mechanisms.View) *M { return &M{} } // want `New has the signature func\(v .*View\) \*M: declare it as func New\(\) \*T`

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}
