// Package greedy is single-track keep/discard: the model proposes freely, and what is better than the incumbent is kept.
// It is the search of karpathy/autoresearch, and the yardstick for every other mechanism.
package greedy

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Greedy has no state: the incumbent is in the view.
type Greedy struct{}

// New returns a Greedy.
func New() *Greedy { return &Greedy{} }

// Propose asks the model with no hint.
func (*Greedy) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (*Greedy) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Greedy) Observe(mechanisms.Trial) {}
