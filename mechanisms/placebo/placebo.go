// Package placebo decides exactly as greedy does, as another type. A run that swaps greedy for placebo goes through a whole
// hand-over to a fresh binary and must end with the same trace to the last bit: what differs then is the hand-over's fault.
package placebo

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Placebo has no state.
type Placebo struct{}

// New returns a Placebo.
func New() *Placebo { return &Placebo{} }

// Propose asks the model with no hint.
func (*Placebo) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (*Placebo) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Placebo) Observe(mechanisms.Trial) {}
