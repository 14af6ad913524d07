package ablate

import (
	"context"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
)

// A Procedure is how the runs of an arm are made. Every one is an ordinary evolve.Run: an arm differs from another in what
// stands here and in nothing else.
type Procedure struct {
	Mechanism string          `json:"mechanism"`        // in charge from the first trial on
	Source    string          `json:"source,omitempty"` // of a mechanism that level 2 made; empty for one written by hand
	Settings  evolve.Settings `json:"settings"`         // when levels 1.5 and 2 act, and when the history is cleared
	Invents   Invents         `json:"invents,omitempty"`
	Parallel  int             `json:"parallel"`            // trials in training at a time, at least 1
	Remembers bool            `json:"remembers,omitempty"` // it is told the lessons of its own earlier runs of the plan, on other tasks
}

// Invents says what level 2 makes in the runs of an arm.
type Invents string

// What level 2 may make.
const (
	InventsNothing Invents = ""
	InventsByModel Invents = "model"   // what the model writes, if it passes the gates
	InventsPlacebo Invents = "placebo" // a fresh binary whose mechanism decides exactly as the one it replaces
)

// Level2 makes the inventors of an ablation's runs. Many runs go on at a time, each in a goroutine of its own; an inventor may
// hold its run up until others ask as well, and answer all together.
type Level2 interface {
	// Join is called when a run with level 2 begins, before its first trial. The model is what the run asks, left is called when
	// the run is over, whatever came of it: so it is known how many runs may still ask. The inventions must not depend on
	// which runs go on beside this one, nor on who asks first.
	Join(ctx context.Context, what Invents, m model.Model) (inventor evolve.Inventor, left func(), err error)
}
