// Package batch proposes in batches from one base and promotes the best of each: four lines of work side by side, each on
// parameters of its own, as a group of people would divide them.
package batch

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// size is the number of trials in a batch.
const size = 4

// Batch keeps the base of the batch under way.
type Batch struct {
	Base      mechanisms.Point `json:"base"`      // all of the batch start here
	Incumbent mechanisms.Point `json:"incumbent"` // as it is after the trials observed; the best of the batch so far
	Done      int              `json:"done"`      // trials of the batch that have ended
}

// New returns a Batch before the first.
func New() *Batch { return &Batch{} }

// Propose asks the model to change the base in the parameters of one line: every size-th free one.
func (m *Batch) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	line := (m.Done + len(v.Pending)) % size
	free := v.Free()
	var params []string
	for k, i := range free {
		if len(free) < size || k%size == line {
			params = append(params, v.Space.Params[i].Name)
		}
	}
	return v.Ask(ctx, mechanisms.Hint{
		From:   m.Base,
		Params: params,
		Text:   fmt.Sprintf("This is line %d of %d that start from one point; the best of the batch becomes the next start.", line+1, size),
	})
}

// Accept promotes what beats the base and every trial of the batch before it.
func (m *Batch) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts, and starts the next batch from the best.
func (m *Batch) Observe(t mechanisms.Trial) {
	if t.Kept {
		m.Incumbent = t.Point.Clone()
	}
	if m.Done++; m.Base == nil || m.Done >= size {
		m.Base, m.Done = m.Incumbent, 0
	}
}
