package hidden

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type m struct{} // want `type m, which New returns, must be an exported struct type`

func New() *m { return &m{} }

func (m *m) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}
