package mechanisms

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// A View is everything a mechanism may know at one decision. It is a copy: changing it changes nothing.
type View struct {
	Seq   int   // of the trial being decided: proposed, accepted or pruned
	Last  int   // Seq of the last trial that the run has now; it may be given more later
	Space Space // what may be searched
	// Incumbent is the point the search stands on; its Status is Complete from the baseline on. Where there is noise the run trains
	// it again at times, and its BPB is the mean then: the value it was kept for, which Trials has, was the luckiest of several.
	Incumbent Trial
	Trials    []Trial    // all finished trials in Seq order, the baseline first; read only
	Pending   []Proposal // being trained now, in Seq order
	Steer     Steering   // frozen parameters, strategy and guidance, set by level 1.5
	Lessons   []Lesson   // from earlier runs
	// Noise is the standard deviation of BPB between repeats of one point, in bits per byte: as the task says, or as repeats in this
	// run have shown so far, so that it may change from decision to decision. It is 0 when trials are deterministic, or while
	// nothing is known of it.
	Noise   float64
	Rand    *rand.Rand // the only source of randomness, seeded from (run seed, Seq, method)
	Suggest Suggest    // asks the language model for a proposal; nil outside Propose
}

// A Proposal is a point to try.
type Proposal struct {
	Seq   int    `json:"seq"` // set by the loop
	Point Point  `json:"point"`
	Why   string `json:"why,omitempty"` // the reason in one sentence, shown to people and to the model
	By    string `json:"by,omitempty"`  // set by Suggest ("model"); left empty, the loop sets the mechanism's name
	// Restricted is set by Suggest: what the hint bound the model's answer to, in words; empty where it was free.
	Restricted string `json:"restricted,omitempty"`
}

// Suggest asks the inner language model for a proposal that respects the hint, the space, its constraints and what is
// frozen. The answer is recorded: a run that is resumed hears the same answer again. The error says why the model gave
// no usable proposal. Call it through View.Ask.
type Suggest func(ctx context.Context, h Hint) (Proposal, error)

// ErrNoAnswer is wrapped by the error of a Suggest whose model gave no usable proposal. A Propose that returns it costs
// the run one trial, recorded as no answer; any other error of Propose is the mechanism's own fault.
var ErrNoAnswer = errors.New("the model gave no usable proposal")

// ErrNoModel is returned by View.Ask where there is no language model to ask.
var ErrNoModel = errors.New("ask the model: this view has no model; Suggest is set only within Propose")

// Ask asks the language model for a proposal. See Suggest.
func (v View) Ask(ctx context.Context, h Hint) (Proposal, error) {
	if v.Suggest == nil {
		return Proposal{}, ErrNoModel
	}
	return v.Suggest(ctx, h)
}

// A Hint narrows what the model may propose. The zero Hint asks freely.
type Hint struct {
	Text      string   `json:"text,omitempty"`      // advice in words, at most 500 bytes, shown to the model as the mechanism's
	Params    []string `json:"params,omitempty"`    // change only these; empty means any that is not frozen
	Direction int      `json:"direction,omitempty"` // +1: only upward changes, -1: only downward, 0: either; a Choice has no direction
	From      Point    `json:"from,omitempty"`      // the point to change; nil means the incumbent; frozen parameters are the incumbent's all the same
}

// Steering is what level 1.5 has set. It guides proposals and never touches acceptance.
type Steering struct {
	Frozen   []string `json:"frozen,omitempty"`   // parameters that keep the incumbent's value, by name, sorted
	Strategy string   `json:"strategy,omitempty"` // explore, exploit or balanced
	Guidance string   `json:"guidance,omitempty"` // advice in words
	Since    int      `json:"since"`              // Seq of the first trial it applies to
	Person   Advice   `json:"person,omitzero"`    // of a person who watches the run, not of level 1.5
}

// Advice is what a person who watches the run wants of the search. It binds nobody.
type Advice struct {
	Text  string `json:"text"`  // in words; empty where nobody gave any, or it was withdrawn
	Since int    `json:"since"` // Seq of the first trial it applies to
}

// A Lesson is something learnt in an earlier run.
type Lesson struct {
	Text       string  `json:"text"`
	Param      string  `json:"param,omitempty"`     // the parameter it is about, if it is about one
	Direction  int     `json:"direction,omitempty"` // +1 raising it helped, -1 lowering it helped, 0 unknown
	Effect     float64 `json:"effect,omitempty"`    // change of bits per byte it saw; negative is better
	Confidence float64 `json:"confidence"`          // 0 to 1
}

// Frozen reports whether parameter i keeps the incumbent's value.
func (v View) Frozen(i int) bool { return slices.Contains(v.Steer.Frozen, v.Space.Params[i].Name) }

// Free returns the indices of the parameters that may be changed, in Space order: those that are not frozen and have more than
// one value. It is never empty in a run.
func (v View) Free() []int {
	var free []int
	for i, q := range v.Space.Params {
		if !v.Frozen(i) && q.Min < q.Max {
			free = append(free, i)
		}
	}
	return free
}

// Allows returns nil if p may be proposed, or an error that names what is wrong: p is outside the space, breaks a
// constraint, or changes a frozen parameter.
func (v View) Allows(p Point) error {
	if err := v.Space.Check(p); err != nil {
		return err
	}
	for i, q := range v.Space.Params {
		if p[i] != v.Incumbent.Point[i] && v.Frozen(i) {
			return fmt.Errorf("%s = %s, want %s: the parameter is frozen", q.Name, q.Format(p[i]), q.Format(v.Incumbent.Point[i]))
		}
	}
	return nil
}

// Tried reports whether p was tried before or is being trained now.
func (v View) Tried(p Point) bool {
	for _, t := range v.Trials {
		if t.Point.Equal(p) {
			return true
		}
	}
	for _, q := range v.Pending {
		if q.Point.Equal(p) {
			return true
		}
	}
	return false
}

// Best returns the finished trial with the lowest BPB; the zero Trial when none is Complete.
func (v View) Best() Trial {
	var best Trial
	for _, t := range v.Trials {
		if t.Better(best) {
			best = t
		}
	}
	return best
}
