package unnamed

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{ Next mechanisms.Point }

func New() *M { return &M{} }

func (m *M) Propose(context.Context, mechanisms.View) (mechanisms.Proposal, error) { // want `Propose never reads its view`
	return mechanisms.Proposal{Point: m.Next}, nil
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return true }

func (m *M) Observe(t mechanisms.Trial) {}
