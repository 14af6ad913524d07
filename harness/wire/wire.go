// Package wire is the conversation between the supervisor and a runner: one JSON message a line over inherited pipes.
//
// The runner asks, the supervisor answers; every message carries a sequence number, and an answer carries that of its
// question. So the runner needs no thread of its own to listen, and a runner that was replaced in the middle of a
// question is simply asked again by its successor's Hello.
//
//	runner → supervisor      answer
//	Hello                    Welcome      first message of every image; the whole view comes back from the store
//	Next                     Go           may a new decision begin? carries steering, or an order to exec or to stop
//	Suggest                  Suggestion   asks the inner model
//	Start                    OK           records a proposal and begins to train it
//	Await                    Outcome      waits for the oldest trial in training, or for its next curve point
//	Prune                    OK           stop the oldest trial early
//	Decide                   OK           records the decision, the state after it and the influence entry
//	Fault                    OK           the mechanism failed; the supervisor decides what becomes of it
package wire

import (
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Version is raised when a message changes its meaning. A supervisor refuses a runner of another version.
const Version = 1

// A Message is one line. Exactly one of the pointers is set.
type Message struct {
	N int `json:"n"` // counts the runner's questions from 1; an answer repeats its question's

	Hello   *Hello   `json:"hello,omitempty"`
	Next    *Next    `json:"next,omitempty"`
	Suggest *Suggest `json:"suggest,omitempty"`
	Start   *Start   `json:"start,omitempty"`
	Await   *Await   `json:"await,omitempty"`
	Prune   *Prune   `json:"prune,omitempty"`
	Decide  *Decide  `json:"decide,omitempty"`
	Fault   *Fault   `json:"fault,omitempty"`

	Welcome    *Welcome    `json:"welcome,omitempty"`
	Go         *Go         `json:"go,omitempty"`
	Suggestion *Suggestion `json:"suggestion,omitempty"`
	Outcome    *Outcome    `json:"outcome,omitempty"`
	OK         *OK         `json:"ok,omitempty"`
}

// Hello is a runner's first message.
type Hello struct {
	Version   int    `json:"version"`
	Mechanism string `json:"mechanism"`        // name of the mechanism in charge
	Hash      string `json:"hash"`             // of its source; empty when written by hand
	Shadow    string `json:"shadow,omitempty"` // name of the mechanism it replaced, asked every question too
	PID       int    `json:"pid"`
}

// Welcome gives a runner everything it needs to go on.
type Welcome struct {
	View        View   `json:"view"`
	State       []byte `json:"state,omitempty"`        // JSON of the mechanism in charge; nil for one with no history
	ShadowState []byte `json:"shadow_state,omitempty"` // the same for the mechanism it replaced
	Replay      bool   `json:"replay,omitempty"`       // the mechanism in charge is new: Observe is called for every trial of the view first
}

// View is a mechanisms.View as it travels: what is drawn from it (streams, Suggest) is made at the other end.
type View struct {
	RunSeed   uint64              `json:"run_seed"`
	Space     mechanisms.Space    `json:"space"`
	Incumbent int                 `json:"incumbent"` // Seq of the incumbent, -1 before the baseline
	Trials    []mechanisms.Trial  `json:"trials"`    // decided, in Seq order, the baseline first
	Pending   []Start             `json:"pending"`   // recorded proposals whose trials are not decided
	Steer     mechanisms.Steering `json:"steer"`
	Lessons   []mechanisms.Lesson `json:"lessons"`
	Noise     float64             `json:"noise"`
	Again     *Again              `json:"again,omitempty"` // what training the incumbent again gave; nil where it was not
	Parallel  int                 `json:"parallel"`        // trials in training at a time, at least 1
	Limit     int                 `json:"limit"`           // Seq of the last trial of the run
	// Cleared is the Seq of the first trial decided after the history was cleared; 0 when it never was. Of the trials before
	// it only that one is left which the search resumed from, in the baseline's place.
	Cleared int `json:"cleared,omitempty"`
}

// Next is the Seq of the trial to be proposed next.
func (v View) Next() int {
	if n := len(v.Pending); n > 0 {
		return v.Pending[n-1].Proposal.Seq + 1
	}
	if n := len(v.Trials); n > 0 {
		return max(v.Cleared, v.Trials[n-1].Seq+1)
	}
	return 0
}

// Standing is the incumbent; the zero Trial before the baseline.
func (v View) Standing() mechanisms.Trial {
	for _, t := range v.Trials {
		if t.Seq == v.Incumbent {
			return t
		}
	}
	return mechanisms.Trial{}
}

// Again is what is known of a point that was trained more than once.
type Again struct {
	Seq   int     `json:"seq"`   // of the trial that tried it first
	Times int     `json:"times"` // that it was trained, the first included
	BPB   float64 `json:"bpb"`   // mean of all
}

// Judged is the incumbent as decisions about trials see it: its BPB is the mean of its measurements. The first of them alone
// is the one it was kept for, and where there is noise the luckiest are kept.
func (v View) Judged() mechanisms.Trial {
	t := v.Standing()
	if v.Again != nil && t.OK() && v.Again.Seq == t.Seq {
		t.BPB = v.Again.BPB
	}
	return t
}

// Next asks whether the proposal of trial Seq may begin.
type Next struct {
	Seq int `json:"seq"`
}

// Go answers Next. At most one of Exec, Restart and Stop is set; with none, the proposal may begin.
type Go struct {
	Steer   mechanisms.Steering `json:"steer"`
	Lessons []mechanisms.Lesson `json:"lessons,omitempty"`
	Noise   float64             `json:"noise,omitempty"`
	Again   *Again              `json:"again,omitempty"`
	Exec    *Exec               `json:"exec,omitempty"`
	Restart *View               `json:"restart,omitempty"` // the history was cleared: ask again, with this view and a mechanism that has seen nothing else
	Stop    bool                `json:"stop,omitempty"`
}

// Exec orders the runner to become another binary.
type Exec struct {
	Path string   `json:"path"`
	Hash string   `json:"hash"` // sha256 of the file in hex; the runner checks it before it execs
	Args []string `json:"args,omitempty"`
}

// Suggest asks the inner model on behalf of the mechanism in charge or, if Shadow, of the one it replaced.
type Suggest struct {
	Seq    int             `json:"seq"`
	Call   int             `json:"call"` // counts the calls of this decision from 0, for each of the two mechanisms
	Hint   mechanisms.Hint `json:"hint"`
	Shadow bool            `json:"shadow,omitempty"`

	// Steer is the steering in force at this decision, as the last Go gave it.
	Steer mechanisms.Steering `json:"steer"`
}

// Suggestion answers Suggest. Error is set when the model gave no usable proposal.
type Suggestion struct {
	Proposal mechanisms.Proposal `json:"proposal"`
	Error    string              `json:"error,omitempty"`
	Unasked  bool                `json:"unasked,omitempty"` // a shadow's question that was not put to a paid model
}

// Start records the proposal of trial Proposal.Seq. Nothing of it is decided twice: a runner that resumes finds it in
// View.Pending.
type Start struct {
	Proposal mechanisms.Proposal `json:"proposal"`
	Status   mechanisms.Status   `json:"status,omitempty"` // set when the proposal cannot be trained (Invalid, NoAnswer, Refused)
	Reason   string              `json:"reason,omitempty"`
	Shadow   *ShadowProposal     `json:"shadow,omitempty"`

	ProposeNS int64 `json:"propose_ns,omitempty"` // time of the mechanism's Propose in nanoseconds, model included; reports only
}

// ShadowProposal is what the replaced mechanism would have proposed at the same decision.
type ShadowProposal struct {
	Point   mechanisms.Point `json:"point,omitempty"` // nil when it has none
	Error   string           `json:"error,omitempty"`
	Unasked bool             `json:"unasked,omitempty"` // it would have asked the model something that was not asked, to save cost
}

// Await waits for trial Seq.
type Await struct {
	Seq   int `json:"seq"`
	Curve int `json:"curve"` // how many points of the learning curve the runner has seen; -1 when no Pruner wants them
}

// Outcome answers Await: either the finished trial (Kept not yet decided), or new points of its curve.
type Outcome struct {
	Trial *mechanisms.Trial   `json:"trial,omitempty"`
	Curve []mechanisms.Sample `json:"curve,omitempty"`
}

// Prune stops trial Seq, because of its learning curve up to At. The trial ends Pruned even where it has run on meanwhile
// or was remembered from before, so that the outcome does not depend on speed.
type Prune struct {
	Seq int     `json:"seq"`
	At  float64 `json:"at"` // share of the budget, in (0, 1]
}

// Decide records what was decided about a finished trial.
type Decide struct {
	Seq         int      `json:"seq"`
	Kept        bool     `json:"kept"`
	State       []byte   `json:"state"` // JSON of the mechanism after Observe
	ShadowKept  *bool    `json:"shadow_kept,omitempty"`
	ShadowState []byte   `json:"shadow_state,omitempty"`
	ShadowError string   `json:"shadow_error,omitempty"`
	Pruning     *Pruning `json:"pruning,omitempty"` // nil where neither of the two stops trials, or the curve is not known
	// Times of the mechanism's own calls for this trial, in nanoseconds. They are recorded for reports and reach no decision.
	AcceptNS  int64 `json:"accept_ns"`
	ObserveNS int64 `json:"observe_ns"`
}

// Pruning is when a trial was stopped, and when the replaced mechanism would have stopped it: the share of its budget, 0
// for never. Where it was stopped first, the other is asked no further and counts as letting it run.
type Pruning struct {
	Is  float64 `json:"is"`
	Was float64 `json:"was"`
}

// Fault says that the mechanism in charge failed at trial Seq.
type Fault struct {
	Seq   int    `json:"seq"`
	Call  string `json:"call"`  // Propose, Accept, Observe, Prune, load or save
	Error string `json:"error"` // with the top of the stack for a panic
}

// OK answers what needs no other answer.
type OK struct{}
