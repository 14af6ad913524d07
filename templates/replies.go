package templates

import "encoding/json"

// Changes is the reply of level 1: new values of one or a few parameters, by name; the rest stays. A value is a number, or
// the label of a choice.
type Changes struct {
	Changes map[string]json.RawMessage `json:"changes"`
	Why     string                     `json:"why"` // one sentence
}

// Course is the reply of level 1.5.
type Course struct {
	Freeze   []string `json:"freeze"`   // parameters to hold at the incumbent's value from now on
	Unfreeze []string `json:"unfreeze"` // frozen parameters to free
	Strategy string   `json:"strategy"` // explore, exploit or balanced
	Guidance string   `json:"guidance"` // advice to the proposer
	Why      string   `json:"why"`
}

// Exploration is the reply of level 2's first round.
type Exploration struct {
	Observations []string `json:"observations"`
	Ideas        []Idea   `json:"ideas"`
}

// An Idea is a mechanism in one sentence.
type Idea struct {
	Name    string `json:"name"` // short, lower case, words joined by hyphens
	Idea    string `json:"idea"`
	Because string `json:"because"` // the observation it answers
}

// Verdict is the reply of level 2's second round.
type Verdict struct {
	Choice string   `json:"choice"` // the name of an idea, or "none"
	Why    string   `json:"why"`
	Risks  []string `json:"risks"`
}

// None is the Choice of a Verdict that wants no new mechanism.
const None = "none"

// Lessons is the reply at the end of a run.
type Lessons struct {
	Lessons []Lesson `json:"lessons"`
}

// A Lesson is one thing that the trials of a run show.
type Lesson struct {
	Text      string `json:"text"`
	Param     string `json:"param"`     // what it is about
	Direction int    `json:"direction"` // +1 raising it, -1 lowering it, 0 either, or a parameter with labels
	Claim     string `json:"claim"`     // helped, hurt or nothing
	Trials    []int  `json:"trials"`    // by number, each of which shows it
}

// Spec is the reply of level 2's third round.
type Spec struct {
	Name    string  `json:"name"`
	Idea    string  `json:"idea"` // one sentence
	State   []Field `json:"state"`
	Propose string  `json:"propose"` // step by step
	Accept  string  `json:"accept"`
	Observe string  `json:"observe"`
	Differs string  `json:"differs"` // when it decides otherwise than the mechanism now in charge
}

// A Field is a part of a mechanism's state.
type Field struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Meaning string `json:"meaning"`
}
