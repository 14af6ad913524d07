// Package hybrid is CMA-ES with a guarded model: the model overrides three proposals in ten, and an override that does not
// better the incumbent never reaches the sampler, so that a poor model costs trials and not the strategy's bearings.
package hybrid

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/cmaes"
)

// name is what the loop writes in Trial.By.
const name = "hybrid"

// override is the share of the proposals that the model makes.
const override = 0.3

// Hybrid has no state: the strategy is computed from the trials.
type Hybrid struct{}

// New returns a Hybrid.
func New() *Hybrid { return &Hybrid{} }

// Propose asks the model for its share and the strategy for the rest. Where the model gives no usable answer the strategy
// proposes instead, and Why says so.
func (*Hybrid) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	note := ""
	if v.Rand.Float64() < override {
		p, err := v.Ask(ctx, mechanisms.Hint{})
		switch {
		case err == nil && !v.Tried(p.Point):
			return p, nil
		case err == nil:
			note = "the model repeated a point; "
		case errors.Is(err, mechanisms.ErrNoAnswer):
			note = "the model gave no answer; "
		default:
			return p, fmt.Errorf("ask for an override: %w", err)
		}
	}
	p := cmaes.Sample(v, counts)
	p.Why = note + p.Why
	return p, nil
}

// Accept keeps what is better.
func (*Hybrid) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn that the trials do not show.
func (*Hybrid) Observe(mechanisms.Trial) {}

// counts tells which trials the sampler hears of: its own, and overrides that were kept. The baseline is neither.
func counts(t mechanisms.Trial) bool { return t.By == name || t.Kept && t.Seq > 0 }
