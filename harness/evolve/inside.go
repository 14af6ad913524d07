package evolve

import (
	"context"
	"errors"
	"time"

	"github.com/seed161a02ea/bilevel/harness/loop"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Inside starts a trusted mechanism in this process, and beside it the one it replaced, the zero Entry for none. Neither
// time nor memory is bounded. The questions are the same as over a pipe, and so is what becomes of the run.
func Inside(current, shadow mechanisms.Entry) Runner {
	s := &inside{questions: make(chan wire.Message), answers: make(chan wire.Message), gone: make(chan struct{}), over: make(chan struct{})}
	go func() {
		defer close(s.over)
		s.err = loop.Inside(context.Background(), current, shadow, s.ask)
	}()
	return s
}

// inside is a session of package loop in a goroutine of its own.
type inside struct {
	questions, answers chan wire.Message
	gone               chan struct{} // closed by Kill
	over               chan struct{} // closed when the session has ended
	err                error         // why it ended; read when over is closed
	killed             bool
}

var errKilled = errors.New("runner killed")

// ask is called in the session's goroutine.
func (s *inside) ask(q wire.Message) (wire.Message, error) {
	select {
	case s.questions <- q:
	case <-s.gone:
		return wire.Message{}, errKilled
	}
	select {
	case a := <-s.answers:
		return a, nil
	case <-s.gone:
		return wire.Message{}, errKilled
	}
}

func (s *inside) Receive(_ time.Duration, stop <-chan struct{}) (wire.Message, error) {
	select {
	case q := <-s.questions:
		return q, nil
	case <-s.over:
		return wire.Message{}, s.ended()
	case <-stop:
		return wire.Message{}, context.Canceled
	}
}

func (s *inside) Answer(m wire.Message) error {
	select {
	case s.answers <- m:
		return nil
	case <-s.over:
		return s.ended()
	}
}

// ended says how the session ended, as a process would.
func (s *inside) ended() error {
	if s.err == nil {
		return &supervise.EndedError{}
	}
	return &supervise.EndedError{Code: loop.ExitFailed, Stderr: s.err.Error()}
}

func (s *inside) Kill() {
	if !s.killed {
		s.killed = true
		close(s.gone)
	}
	<-s.over
}
