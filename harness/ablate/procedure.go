package ablate

import (
	"context"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Procedure is how the runs of an arm are made. Every one is an ordinary evolve.Run: an arm differs from another in what
// stands here and in nothing else.
type Procedure struct {
	Mechanism string          `json:"mechanism"` // written by hand, in charge from the first trial on
	Settings  evolve.Settings `json:"settings"`  // when levels 1.5 and 2 act; a placebo and a restart follow level 2's schedule
	Invents   Invents         `json:"invents,omitempty"`
	Restart   bool            `json:"restart,omitempty"`   // the history is cleared when level 2 would act, and nothing is made
	Parallel  int             `json:"parallel,omitempty"`  // trials in training at a time; 0 is 1
	Remembers bool            `json:"remembers,omitempty"` // is given the lessons of its own earlier runs of the plan on other tasks
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

// Lessons draws from a finished run what later runs are told, for arms that remember. It must follow from the record alone. The
// lessons of runs on other spaces are handed to a run too; it leaves out what does not apply to it.
type Lessons interface {
	// Draw returns what the finished run taught.
	Draw(run *store.Store) ([]Lesson, error)
	// Recall returns what a run on this space is told of the lessons of the runs before it, which are in the order of the plan.
	Recall(space mechanisms.Space, lessons []Lesson) []mechanisms.Lesson
}

// A Lesson is one that an arm's run drew, with the space it was drawn on.
type Lesson struct {
	Space  string            `json:"space"` // name
	Hash   string            `json:"hash"`  // of the space
	Lesson mechanisms.Lesson `json:"lesson"`
}
