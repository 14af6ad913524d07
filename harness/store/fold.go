package store

import (
	"encoding/json"
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The kinds of event that the store interprets.
const (
	kindRun       = "run"       // Meta
	kindExtend    = "extend"    // more trials
	kindPropose   = "propose"   // key: Seq
	kindOutcome   = "outcome"   // key: Seq
	kindDecide    = "decide"    // key: Seq
	kindSteer     = "steer"     // key: Seq of the first trial it applies to
	kindGuidance  = "guidance"  // key: count from 1
	kindChat      = "chat"      // key: the request's
	kindMechanism = "mechanism" // key: name
	kindSwitch    = "switch"    // key: count from 0
	kindCycle     = "cycle"     // key: count from 1
	kindBinary    = "binary"    // key: sha256 of the file
	kindRestart   = "restart"   // key: count from 0
	kindAnchor    = "anchor"    // key: count from 1
)

// fold is the run as its events tell it.
type fold struct {
	meta      Meta
	begun     bool
	limit     int // Seq of the last trial
	proposals []proposal
	outcomes  map[int]task.Outcome
	decisions []decision         // in Seq order
	memo      map[string]int     // content of a deterministic outcome → Seq
	steer     []Steer            // in order of recording
	guidance  []Guidance         // in order of recording
	found     map[string]int     // name → index in mechanisms
	made      []Mechanism        // in order of recording
	switches  []Switch           // in order
	cycles    []Cycle            // in order
	restarts  []Restart          // in order
	anchors   []Anchor           // in order
	binaries  map[string]Binary  // by hash
	incumbent int                // Seq, -1 before the baseline
	trials    []mechanisms.Trial // decided, in Seq order
}

// proposal is the body of a propose event.
type proposal struct {
	Mechanism string     `json:"mechanism"` // in charge when it was made
	Start     wire.Start `json:"start"`

	tenure int // how many switches came before
}

func newFold() *fold {
	return &fold{outcomes: map[int]task.Outcome{}, memo: map[string]int{}, found: map[string]int{}, binaries: map[string]Binary{}, incumbent: -1}
}

// apply takes in one event, or returns an error that says why it cannot follow those before.
func (f *fold) apply(e Event) error {
	if f.begun == (e.Kind == kindRun) {
		return fmt.Errorf("%s %s: the first event of a run, and no other, is of kind %s", e.Kind, e.Key, kindRun)
	}
	step, known := steps[e.Kind]
	if !known {
		return nil // somebody else's, kept for its reader
	}
	if err := step(f, e); err != nil {
		return fmt.Errorf("%s %s: %w", e.Kind, e.Key, err)
	}
	return nil
}

// steps is how each kind of event changes the fold. Chats change nothing: they are looked up by key.
var steps = map[string]func(*fold, Event) error{
	kindRun:       into((*fold).begin),
	kindExtend:    into((*fold).extend),
	kindPropose:   into((*fold).propose),
	kindOutcome:   into((*fold).finish),
	kindDecide:    into((*fold).decide),
	kindSteer:     into((*fold).steered),
	kindGuidance:  into((*fold).guided),
	kindMechanism: into((*fold).mechanism),
	kindSwitch:    into((*fold).switched),
	kindCycle:     into((*fold).cycle),
	kindBinary:    into((*fold).binary),
	kindAnchor:    into((*fold).anchor),
	kindRestart:   into((*fold).restart),
}

// into decodes an event's body for a step.
func into[T any](step func(*fold, T) error) func(*fold, Event) error {
	return func(f *fold, e Event) error {
		var body T
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return err
		}
		return step(f, body)
	}
}

func (f *fold) begin(m Meta) error {
	f.meta, f.limit, f.begun = m, m.Trials, true
	return m.check()
}

func (f *fold) extend(x extension) error {
	f.limit = max(f.limit, x.Trials)
	return nil
}
