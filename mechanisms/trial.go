package mechanisms

import (
	"encoding/json"
	"math"
)

// Status says what became of a trial. Exactly Complete carries a value.
type Status string

// The outcomes of a trial. Each says what happened, not what somebody guesses the cause to be.
const (
	Complete  Status = "complete"  // trained and measured
	Refused   Status = "refused"   // a constraint of the task does not hold at the point; nothing was trained
	Diverged  Status = "diverged"  // the training loss became NaN, infinite or larger than 100 nats per token
	OutOfMem  Status = "memory"    // the plan of the trial, or the trial itself, needs more memory than there is
	TimedOut  Status = "timeout"   // the trial's wall-clock limit passed
	Crashed   Status = "crashed"   // the trainer ended by itself without a result; Reason has its last words
	Killed    Status = "killed"    // the trainer was ended by a signal that the run did not send
	Unparsed  Status = "unparsed"  // the trainer ended well, but its output holds no value
	Pruned    Status = "pruned"    // stopped early by the mechanism's Prune
	Invalid   Status = "invalid"   // the proposal itself was no point of the space, or changed a frozen parameter
	NoAnswer  Status = "no-answer" // the proposer gave no usable proposal within its attempts
	NotFinite Status = "nonfinite" // training ended, but the measured value is NaN or infinite
)

// A Trial is a proposal with what became of it.
type Trial struct {
	Seq    int    // 0 is the default point (the baseline), then 1, 2, ... in the order of proposal
	Point  Point  // what was tried, one value per parameter in Space order
	Status Status // BPB has meaning only when this is Complete
	// BPB is the validation bits per byte; lower is better. It is NaN unless Status is Complete, so that any comparison
	// with it is false; JSON has null.
	BPB    float64
	Kept   bool     // it became the incumbent when it finished
	Reason string   // why it is not Complete; empty otherwise
	By     string   // "default", "model", or the name of the mechanism that made the point without the model
	Why    string   // the proposer's reason in one sentence
	Curve  []Sample // learning curve, may be empty
	Steps  int64    // of the optimizer that it was trained for; 0 when nothing was trained, or it is not known
	Tokens int64    // that it was trained on; 0 likewise
	// Restricted says how a mechanism's hint bound the model that proposed it; empty where it was free, or was not asked.
	Restricted string
}

// OK reports whether the trial has a value.
func (t Trial) OK() bool { return t.Status == Complete }

// Better reports whether t has a value and it is lower than o's, or o has none.
func (t Trial) Better(o Trial) bool { return t.OK() && (!o.OK() || t.BPB < o.BPB) }

// trialJSON is the form of a Trial in files and on pipes.
type trialJSON struct {
	Seq    int      `json:"seq"`
	Point  Point    `json:"point"`
	Status Status   `json:"status"`
	BPB    *float64 `json:"bpb"`
	Kept   bool     `json:"kept"`
	Reason string   `json:"reason,omitempty"`
	By     string   `json:"by,omitempty"`
	Why    string   `json:"why,omitempty"`
	Curve  []Sample `json:"curve,omitempty"`
	Steps  int64    `json:"steps,omitempty"`
	Tokens int64    `json:"tokens,omitempty"`

	Restricted string `json:"restricted,omitempty"`
}

// MarshalJSON writes a value that is not finite as null.
func (t Trial) MarshalJSON() ([]byte, error) {
	j := trialJSON{
		Seq: t.Seq, Point: t.Point, Status: t.Status, Kept: t.Kept, Reason: t.Reason, By: t.By, Why: t.Why, Curve: t.Curve,
		Steps: t.Steps, Tokens: t.Tokens, Restricted: t.Restricted,
	}
	if !math.IsNaN(t.BPB) && !math.IsInf(t.BPB, 0) {
		j.BPB = &t.BPB
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Trial) UnmarshalJSON(b []byte) error {
	var j trialJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*t = Trial{
		Seq: j.Seq, Point: j.Point, Status: j.Status, BPB: math.NaN(), Kept: j.Kept, Reason: j.Reason, By: j.By, Why: j.Why, Curve: j.Curve,
		Steps: j.Steps, Tokens: j.Tokens, Restricted: j.Restricted,
	}
	if j.BPB != nil {
		t.BPB = *j.BPB
	}
	return nil
}
