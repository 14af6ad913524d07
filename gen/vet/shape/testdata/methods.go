package main // want `package main cannot be imported`

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct{} // want `type M has no method Accept: add func \(m \*M\) Accept\(v mechanisms.View, t mechanisms.Trial\) bool`

func New() *M { return &M{} }

func (m *M) Propose(v mechanisms.View) (mechanisms.Proposal, error) { // want `method Propose has another signature than the contract's: write func \(m \*M\) Propose\(ctx context.Context`
	return v.Suggest(context.Background(), mechanisms.Hint{})
}

func (m M) Observe(t mechanisms.Trial) {} // want `Observe has a value receiver`

func (m *M) Prune(v mechanisms.View) bool { return false } // want `method Prune has another signature`

func main() {}
