package loop

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Rehearsal is what a mechanism decides, each time beside the mechanism it is to replace. The inner model's part is played
// by package standin. Nothing in it depends on time: two rehearsals of one binary on one input are equal.
type Rehearsal struct {
	Decisions int       `json:"decisions"`          // asked of both
	Differs   int       `json:"differs"`            // where they decided otherwise
	Errors    int       `json:"errors"`             // where the replaced mechanism failed; counted as neither
	Error     string    `json:"error,omitempty"`    // of the mechanism itself; it ends the rehearsal
	Examples  []Example `json:"examples,omitempty"` // the first few differences
	Next      string    `json:"next,omitempty"`     // what it would propose now, on the live view
}

// An Example is a decision that the two mechanisms took otherwise.
type Example struct {
	Where string `json:"where"` // "trace", "live", "landscape", or a family of surfaces
	Seq   int    `json:"seq"`
	What  string `json:"what"` // "proposal", "pruning" or "verdict"
	Is    string `json:"is"`
	Was   string `json:"was"` // what the replaced mechanism decided
}

// maxExamples bounds what a rehearsal prints.
const maxExamples = 6

// landscapeTrials is how long the search on the made-up landscape is: as long as a run.
const landscapeTrials = 30

// rehearse reads a wire.Welcome and prints a Rehearsal: on the live view, and then in a search of the mechanism's own on a
// made-up landscape over the run's space.
func rehearse(current, shadow mechanisms.Entry, in io.Reader, out io.Writer) error {
	var w wire.Welcome
	if err := json.NewDecoder(in).Decode(&w); err != nil {
		return fmt.Errorf("rehearse: no welcome message on standard input: %w", err)
	}
	r := &rehearsal{}
	err := r.onLive(w.View, current, shadow)
	if err == nil {
		err = r.onLandscape(w.View, current, shadow)
	}
	if err != nil {
		r.Error = err.Error()
	}
	return printJSON(out, r.Rehearsal)
}

// onLive asks both for the next proposal, with the history and all that is in training. Where nothing was tried yet, nobody
// would be asked: the default is trained first.
func (r *rehearsal) onLive(v wire.View, current, shadow mechanisms.Entry) error {
	if len(v.Trials) == 0 {
		return nil
	}
	s, err := stage(v, current, shadow)
	if err != nil {
		return err
	}
	next, err := r.propose(s, "live", s.nextSeq())
	if err != nil {
		return fmt.Errorf("on the live view: %w", err)
	}
	r.Next = s.changes(next)
	return nil
}

// onLandscape lets the mechanism search for itself.
func (r *rehearsal) onLandscape(v wire.View, current, shadow mechanisms.Entry) error {
	v.Steer = mechanisms.Steering{}
	if err := r.search("landscape", v, landscapeTrials, landscape(v.Space, v.RunSeed), current, shadow); err != nil {
		return fmt.Errorf("on a made-up landscape, %w", err)
	}
	return nil
}
