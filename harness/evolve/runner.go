package evolve

import (
	"time"

	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// A Runner asks the questions of a run: a process, or a session in this one. Its methods are called from one goroutine.
type Runner interface {
	// Receive waits for the next question, at most d and until stop is closed. Its errors are those of supervise.Process.
	Receive(d time.Duration, stop <-chan struct{}) (wire.Message, error)
	// Answer answers the question received last.
	Answer(m wire.Message) error
	// Kill ends the runner and waits until it is gone.
	Kill()
}

var _ Runner = (*supervise.Process)(nil)

// up starts the active image.
func (r *Run) up() (Runner, error) {
	if r.Start != nil {
		return r.Start(r.active)
	}
	c := r.active.Command
	c.Within = r.Within
	p, err := supervise.Start(c)
	if err != nil {
		return nil, err
	}
	r.tell(Event{Kind: EventRunnerUp, Mechanism: r.active.Name, PID: p.PID(), Seq: r.decided()})
	return p, nil
}
