package gen

import (
	"encoding/json"
	"time"

	"github.com/seed161a02ea/bilevel/gen/research"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// An Occasion is one time that a mechanism is wanted.
type Occasion struct {
	Cycle     int               // counts from 1
	Every     int               // decided trials between two cycles; 0 when there will be no other
	Task      string            // what is searched, in words
	Welcome   wire.Welcome      // the view a new runner would be given now
	Mechanism string            // in charge now
	Source    string            // of the mechanism in charge; empty when it is written by hand
	Influence string            // of the mechanism in charge so far, in words
	Tried     []model.Tried     // what earlier cycles made
	Sources   map[string]string // sources of the generated mechanisms of this run, by name
	Ancestors []model.Ancestor  // mechanisms of earlier runs, to reuse, adapt or beat
	Step      func(Step)        // told of every step as it begins and ends; may be nil
}

// A Step is one step of the dialogue or the pipeline.
type Step struct {
	Name    string        `json:"name"`
	OK      bool          `json:"ok"`
	Running bool          `json:"running,omitempty"` // it has just begun
	Took    time.Duration `json:"took_ns"`
	Detail  string        `json:"detail,omitempty"`
}

// Outcome says how an occasion ended.
type Outcome string

// The outcomes of an occasion.
const (
	Ready   Outcome = "ready"   // a rehearsed binary stands ready
	None    Outcome = "none"    // the model wants no new mechanism
	Refused Outcome = "refused" // no candidate passed the gates
)

// An Invention is what an occasion brought forth.
type Invention struct {
	Outcome Outcome
	Why     string // of None and Refused; the idea of a Ready one in one sentence

	// Of a Ready one.
	Name      string          // of the mechanism
	Hash      string          // sha256 of its source in hex
	Source    string          // as the model wrote it, after gofmt
	Path      string          // of the runner binary
	Binary    string          // sha256 of the binary in hex
	Build     json.RawMessage // how the binary was built: toolchain, flags, hashes
	Rehearsal Rehearsal

	Spec     string      // what the model set out to write, verbatim; empty when it did not get so far
	Refused  []Candidate // sources that did not pass, in order
	Dialogue json.RawMessage
	Steps    []Step // with their times, for reports
}

// A Candidate is a source that a gate refused.
type Candidate struct {
	Name     string        `json:"name"`
	Idea     string        `json:"idea"`
	Hash     string        `json:"hash"`   // sha256 of Source in hex
	Source   string        `json:"source"` // after gofmt; as received when it does not parse
	Gate     string        `json:"gate"`   // that refused it
	Findings []vet.Finding `json:"findings"`
}

// Reason is the gate and what it found.
func (c Candidate) Reason() string { return c.Gate + ": " + words(c.Findings) }

// asked is the occasion as the dialogue wants it.
func (o Occasion) asked(source string) research.Occasion {
	return research.Occasion{
		Cycle: o.Cycle, Every: o.Every, Task: o.Task, View: o.Welcome.View, Mechanism: o.Mechanism, Source: source, Influence: o.Influence, Tried: o.Tried,
		Ancestors: o.Ancestors,
	}
}
