package model

import (
	"context"
	"encoding/json"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Facts is what a request's messages say in words, as data: the only thing the simulated model reads. Fields that a
// purpose has no use for are zero.
type Facts struct {
	RunSeed   uint64                `json:"run_seed"`
	Seq       int                   `json:"seq"`     // of the trial being decided, or of the next one
	Call      int                   `json:"call"`    // counts from 0 the questions of one decision
	Attempt   int                   `json:"attempt"` // counts from 0 the repeats of one question after an unusable reply
	Space     mechanisms.Space      `json:"space"`
	Incumbent int                   `json:"incumbent"` // Seq of the incumbent
	Trials    []mechanisms.Trial    `json:"trials"`
	Cleared   int                   `json:"cleared,omitempty"` // Seq of the first trial after the history was cleared
	Pending   []mechanisms.Proposal `json:"pending,omitempty"`
	Steer     mechanisms.Steering   `json:"steer"`
	Lessons   []mechanisms.Lesson   `json:"lessons,omitempty"`
	Again     *wire.Again           `json:"again,omitempty"` // what training the incumbent again gave
	Noise     float64               `json:"noise,omitempty"` // standard deviation of repeats in bits per byte; 0 when deterministic
	Hint      mechanisms.Hint       `json:"hint"`

	Mechanism string  `json:"mechanism,omitempty"` // Level 2: name of the mechanism in charge
	Cycle     int     `json:"cycle,omitempty"`     // Level 2: counts the cycles of the run from 1
	Tried     []Tried `json:"tried,omitempty"`     // Level 2: what earlier cycles made
	Critique  string  `json:"critique,omitempty"`  // Level 2: the reply of an earlier round, verbatim
	Spec      string  `json:"spec,omitempty"`
	Source    string  `json:"source,omitempty"`   // Level 2 repair: the source that was refused
	Findings  string  `json:"findings,omitempty"` // Level 2 repair: why
}

// Tried is a mechanism of an earlier cycle.
type Tried struct {
	Name      string  `json:"name"`
	Idea      string  `json:"idea"`    // one sentence
	Outcome   string  `json:"outcome"` // active, replaced, retired, quarantined, refused
	Why       string  `json:"why,omitempty"`
	Trials    int     `json:"trials"`    // it decided
	Influence int     `json:"influence"` // decisions that its predecessor would have taken otherwise
	Gain      float64 `json:"gain"`      // bits per byte by which the incumbent fell while it was in charge; positive is better
}

// An Ancestor is a mechanism of an earlier run that Level 2 is offered.
type Ancestor struct {
	Name   string `json:"name"`
	Hash   string `json:"hash"`   // sha256 of Source in hex
	Idea   string `json:"idea"`   // one sentence
	Record string `json:"record"` // what it did, in words
	Source string `json:"source"`
}

// JSON returns the facts as a Request carries them.
func (f Facts) JSON() json.RawMessage {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // plain data; trials write their NaN as null
	}
	return b
}

// A FactReader is a model that reads nothing but a request's facts. Its answer is that of Chat.
type FactReader interface {
	Model
	AnswerFacts(ctx context.Context, purpose string, f Facts) (Reply, error)
}

// Ask puts the request to m. Words makes it; a FactReader is given its facts as they are, and nobody puts them in words.
func Ask(ctx context.Context, m Model, purpose string, f Facts, words func() Request) (Reply, error) {
	if r, ok := m.(FactReader); ok {
		return r.AnswerFacts(ctx, purpose, f)
	}
	return m.Chat(ctx, words())
}

// Again is the messages of a question that is put again: those of the first time, then every reply with what was wrong with it.
func Again(first []Message, unusable []Exchange, mend func(why string) string) []Message {
	for _, x := range unusable {
		first = append(first, Message{Role: "assistant", Content: Shorten(x.Reply)}, Message{Role: "user", Content: mend(x.Why)})
	}
	return first
}

// An Exchange is a reply that could not be used, and why.
type Exchange struct{ Reply, Why string }
