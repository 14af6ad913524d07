// Package random draws every point anew, uniformly over the free parameters: what any search has to beat.
package random

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Random has no state.
type Random struct{}

// New returns a Random.
func New() *Random { return &Random{} }

// Propose draws a point that was not tried.
func (*Random) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	p, _ := v.Fresh(200, v.Uniform)
	return mechanisms.Proposal{Point: p, Why: "drawn at random"}, nil
}

// Accept keeps what is better.
func (*Random) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Random) Observe(mechanisms.Trial) {}
