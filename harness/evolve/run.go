package evolve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Settings are what a run is made with beside what its record's Meta says. They are part of the record: a run is continued
// with the settings it began with.
type Settings struct {
	SteerEvery  int `json:"steer_every"`  // decided trials between two passes of level 1.5; 0 turns it off
	InventEvery int `json:"invent_every"` // decided trials between two passes of level 2, left out with fewer than templates.FewestLeft trials to go; 0 turns it off
	// AnchorEvery is the decided trials between two times that a point is trained again to measure the noise; 0 turns it off. A
	// task whose trials are deterministic trains nothing again.
	AnchorEvery int `json:"anchor_every,omitempty"`

	// The following make controls, which show what a part of level 2 does by itself.

	RestartEvery int  `json:"restart_every,omitempty"` // decided trials between two times that the history is cleared; 0 never
	KeepInert    bool `json:"keep_inert,omitempty"`    // a mechanism that decides as its predecessor would stays in charge: the placebo is one
}

// A Run answers one run's questions.
type Run struct {
	Settings Settings
	Store    *store.Store
	Task     task.Task
	Trainers Trainers
	Memo     Memo
	Model    model.Model // records what it answers
	Paid     bool        // the model's answers cost something: shadows ask only what was asked before
	Inventor Inventor    // nil when level 2 is off
	// Ancestors are mechanisms of earlier runs that level 2 is offered. A run that is continued is offered the same.
	Ancestors []model.Ancestor
	Base      func(mechanism string) supervise.Command
	Within    []string                      // contains a runner: supervise.Command.Within of every one that is started
	Start     func(i Image) (Runner, error) // starts runners in place of processes, and knows itself where binaries are; nil for processes
	Inline    bool                          // trials take no time: they are trained in the run's own goroutine
	Tell      func(Event)                   // called from several goroutines
	Limits    Limits

	active   Image
	left     string            // hash of the view that a runner left when it was told to exec; empty otherwise
	training map[int]*training // trials begun in this process, by Seq
	deaths   map[death]int
	binaries map[string]string // of a run without a folder: where they lie, by sha256
	ctx      context.Context
}

// Trainers train points, several at a time. Train is called from several goroutines, progress from the caller's.
type Trainers interface {
	Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome
}

// A Memo remembers the outcomes of deterministic trials across runs. It is called from one goroutine.
type Memo interface {
	Lookup(content string) (task.Outcome, bool, error)
	Add(o task.Outcome) error // does nothing for one that is not Deterministic
}

// Limits bound what a runner may take.
type Limits struct {
	Decision time.Duration // from an answer to the next question; a mechanism has this for one decision
	Retries  int           // how often a runner that died without a word is started again at the same decision
}

// DefaultLimits leave a mechanism a thousand times what those written by hand need.
var DefaultLimits = Limits{Decision: 30 * time.Second, Retries: 1}

// ErrStopped means that the run was interrupted; it can be continued.
var ErrStopped = errors.New("run interrupted")

// Go runs until the last trial is decided. An error leaves the record as it was after the last answer: the same call on the
// same record goes on from there.
func (r *Run) Go(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.ctx, r.training, r.deaths = ctx, map[int]*training{}, map[death]int{}
	if err := r.findActive(); err != nil {
		return err
	}
	r.tell(Event{Kind: EventStarted, Mechanism: r.active.Name, Limit: r.limit(), Seq: r.decided()})
	for {
		done, err := r.serve()
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx))
		case done:
			return r.end()
		case err == nil:
			continue
		}
		if err := r.failed(err); err != nil {
			return err
		}
	}
}

// serve starts the active image and answers it until the run is over (true), or until it must be replaced or failed.
func (r *Run) serve() (done bool, err error) {
	p, err := r.up()
	if err != nil {
		return false, fatal(err)
	}
	defer p.Kill()
	for {
		q, err := p.Receive(r.Limits.Decision, r.ctx.Done())
		if err != nil {
			return false, err
		}
		a, err := r.answer(q)
		if err != nil {
			return false, err
		}
		if a.Go != nil && a.Go.Exec != nil && r.Start != nil {
			return false, nil // the next one is started in its place, and is given what this one left
		}
		if err := p.Answer(a); err != nil {
			return false, err
		}
		if a.Go != nil && a.Go.Stop {
			return true, nil
		}
	}
}

// end closes the run: the mechanism in charge is judged as it would be before a replacement.
func (r *Run) end() error {
	if err := r.watch(); err != nil {
		return err
	}
	if err := r.retireInert(); err != nil {
		return err
	}
	r.tell(Event{Kind: EventDone, Seq: r.decided(), Limit: r.limit()})
	return nil
}

func (r *Run) tell(e Event) {
	if r.Tell != nil {
		e.At = time.Now()
		r.Tell(e)
	}
}

// decided is the number of decided trials, the baseline left out.
func (r *Run) decided() int { return max(0, r.Store.Decided()-1) }

// limit is the Seq of the run's last trial.
func (r *Run) limit() int { return r.Store.Meta().Trials }

// A fatalError stops the run: no other runner would fare better.
type fatalError struct{ err error }

func (e fatalError) Error() string { return e.err.Error() }
func (e fatalError) Unwrap() error { return e.err }

func fatal(err error) error { return fatalError{err} }
