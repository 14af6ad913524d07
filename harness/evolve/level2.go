package evolve

import (
	"context"
	"encoding/json"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// An Inventor is level 2: it has the model write a mechanism and makes a runner binary of it. Given the same occasion and
// the same model replies it makes the same invention, so that a run that was killed in the middle does it again.
type Inventor interface {
	// Invent returns an invention, also when the model wants none or none passed the gates. An error means that level 2
	// could not do its work (no toolchain, model out of reach, budget): the run stops there and can be continued.
	Invent(ctx context.Context, o Occasion) (Invention, error)
}

// An Occasion is one time that level 2 is asked.
type Occasion struct {
	Cycle     int               // counts from 1
	Every     int               // decided trials between two cycles; 0 when there will be no other
	Task      string            // what is searched, in words
	Welcome   wire.Welcome      // the view a new runner would be given now
	Mechanism string            // in charge now
	Source    string            // of the mechanism in charge; empty when it is not a generated one
	Influence string            // of the mechanism in charge so far
	Tried     []model.Tried     // what earlier cycles made
	Sources   map[string]string // sources of the generated mechanisms of this run, by name
	Ancestors []model.Ancestor  // mechanisms of earlier runs that this one was offered and has not taken up
	Step      func(Step)        // told of every step as it begins and ends
}

// Outcome says how an Occasion ended.
type Outcome string

// The outcomes of level 2.
const (
	Ready    Outcome = "ready"   // a binary stands ready for the hand-over
	None     Outcome = "none"    // the model said that no new mechanism is wanted
	NotReady Outcome = "refused" // no candidate passed the gates
)

// An Invention is what level 2 made.
type Invention struct {
	Outcome Outcome
	Why     string // of None and NotReady; the idea of a Ready one in one sentence

	// Of a Ready one.
	Name   string // of the mechanism
	Hash   string // sha256 of its source in hex
	Source string // as the model wrote it, after gofmt
	Path   string // of the binary
	Binary string // sha256 of the binary in hex

	Spec  string          // what the model set out to write
	Build json.RawMessage // how the binary was built: toolchain, flags, hashes

	Findings json.RawMessage   // of the gates, for the one that passed
	Refused  []store.Mechanism // candidates that did not pass, with their reasons
	Record   json.RawMessage   // the dialogue. It holds no times: it is the same when made again
	Steps    []Step            // with their times, for reports
}
