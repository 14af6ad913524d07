package evolve

import (
	"time"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// An Event is something a person who watches a run wants to see. Events are for eyes: the record is the store's.
type Event struct {
	Kind string    `json:"event"`
	At   time.Time `json:"at"`
	Seq  int       `json:"seq"` // trial it is about

	Limit     int                  `json:"limit,omitempty"`     // Seq of the run's last trial
	Progress  *task.Progress       `json:"progress,omitempty"`  // of a trial in training
	Trial     *mechanisms.Trial    `json:"trial,omitempty"`     // decided
	Best      float64              `json:"best,omitempty"`      // bits per byte of the incumbent after it
	Change    string               `json:"change,omitempty"`    // what the point changes from the incumbent of the time
	Memo      bool                 `json:"memo,omitempty"`      // the outcome was known; nothing was trained
	Steering  *mechanisms.Steering `json:"steering,omitempty"`  // set by level 1.5
	Step      *Step                `json:"step,omitempty"`      // of level 2
	Mechanism string               `json:"mechanism,omitempty"` // in charge, or concerned
	Text      string               `json:"text,omitempty"`      // in words
	PID       int                  `json:"pid,omitempty"`       // of the runner
}

// The kinds of events.
const (
	EventContained  = "contained"  // what holds the runners, in words
	EventStarted    = "started"    // the run begins or goes on
	EventProposed   = "proposed"   // a proposal was recorded
	EventTraining   = "training"   // progress of a trial
	EventDecided    = "decided"    // a trial was kept or discarded
	EventSteered    = "steered"    // level 1.5 has spoken
	EventGuided     = "guided"     // a person was heard
	EventAnchoring  = "anchoring"  // progress of a point that is trained again
	EventAnchor     = "anchor"     // a point was trained again
	EventLevel2     = "level2"     // a step of level 2
	EventInvented   = "invented"   // level 2 ended: a mechanism is ready, refused, or none was wanted
	EventHandover   = "handover"   // a fresh binary is in charge
	EventRetired    = "retired"    // a mechanism without influence, or that did worse, was taken out
	EventQuarantine = "quarantine" // a mechanism that failed was taken out
	EventRestart    = "restart"    // the history was cleared, and nothing else
	EventRunnerUp   = "runner-up"  // a runner process was started
	EventRunner     = "runner"     // a runner process died and is started again
	EventMemory     = "memory"     // what earlier runs taught this one, or it teaches later ones
	EventDone       = "done"
)

// A Step is one named step of level 2, as it ends (or begins, when Took is 0 and OK is false with no Detail).
type Step struct {
	Name    string        `json:"name"`
	OK      bool          `json:"ok"`
	Running bool          `json:"running,omitempty"` // it has just begun
	Took    time.Duration `json:"took_ns"`
	Detail  string        `json:"detail,omitempty"`
}
