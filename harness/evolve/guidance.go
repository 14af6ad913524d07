package evolve

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/guide"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// hear records what persons have said since the last time, in force from trial seq on. A record in memory has no folder to
// say anything to.
func (r *Run) hear(seq int) error {
	if r.Store.Dir() == "" {
		return nil
	}
	after := 0
	if all := r.Store.Guidance(); len(all) > 0 {
		after = all[len(all)-1].N
	}
	words, err := guide.Waiting(r.Store.Dir(), after)
	if err != nil {
		return fatal(fmt.Errorf("before trial %d: %w", seq, err))
	}
	for _, w := range words {
		g := store.Guidance{N: w.N, From: seq, Text: w.Text, Via: w.Via, Refused: w.Bad}
		if err := r.Store.RecordGuidance(g, w.Said); err != nil {
			return fatal(err)
		}
		r.tell(Event{Kind: EventGuided, Seq: seq, Limit: r.limit(), Text: g.Words()})
	}
	return nil
}
