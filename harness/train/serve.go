package train

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// errNoSupervisor ends a trial whose result nobody waits for.
var errNoSupervisor = errors.New("the process that wanted the trial is gone")

// Serve is a trainer: it trains the jobs that it reads and writes reports of them, until its input ends or ctx does. open
// makes the task of a spec; a task is kept for the jobs that follow with the same spec.
func Serve(ctx context.Context, in io.Reader, out io.Writer, open func(context.Context, task.Spec) (task.Task, error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan job)
	go func() {
		defer close(jobs)
		defer cancel(errNoSupervisor) // in the middle of a trial too
		readJobs(ctx, in, jobs, cancel)
	}()
	s := server{open: open, out: json.NewEncoder(out)}
	for j := range jobs {
		if err := s.serve(ctx, j); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil && !errors.Is(err, errNoSupervisor) {
		return err
	}
	return nil
}

func readJobs(ctx context.Context, in io.Reader, jobs chan<- job, fail context.CancelCauseFunc) {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return // the supervisor is gone or done
		}
		var j job
		if err := json.Unmarshal(line, &j); err != nil {
			fail(fmt.Errorf("read job: %w", err))
			return
		}
		select {
		case jobs <- j:
		case <-ctx.Done():
			return
		}
	}
}

// A server trains one job after the other.
type server struct {
	open func(context.Context, task.Spec) (task.Task, error)
	out  *json.Encoder

	made string // the spec that task was made of
	task task.Task
}

func (s *server) serve(ctx context.Context, j job) error {
	o, err := s.train(ctx, j)
	if err != nil {
		return err
	}
	if err := s.out.Encode(report{Outcome: &o}); err != nil {
		return fmt.Errorf("write outcome: %w", err)
	}
	return nil
}

func (s *server) train(ctx context.Context, j job) (task.Outcome, error) {
	if err := s.prepare(ctx, j.Spec); err != nil {
		return task.Failed(err, mechanisms.Crashed), nil
	}
	if err := s.task.Check(j.Point); err != nil {
		return task.Failed(err, mechanisms.Refused), nil
	}
	var lost error // the first report that could not be written
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pace := pace{}
	result, err := s.task.Train(ctx, j.Point, j.Seed, func(p task.Progress) {
		if lost == nil && pace.due(p) {
			if lost = s.out.Encode(report{Progress: finite(p)}); lost != nil {
				cancel(lost)
			}
		}
	})
	switch {
	case ctx.Err() != nil:
		return task.Outcome{}, context.Cause(ctx)
	case err != nil:
		return task.Failed(err, mechanisms.Crashed), nil
	case math.IsNaN(result.BPB) || math.IsInf(result.BPB, 0):
		return task.Outcome{Status: mechanisms.NotFinite, Reason: fmt.Sprintf("bits per byte is %v", result.BPB)}, nil
	}
	return task.Outcome{Status: mechanisms.Complete, Result: result}, nil
}

func (s *server) prepare(ctx context.Context, spec task.Spec) error {
	key, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	if s.task != nil && s.made == string(key) {
		return nil
	}
	s.task, err = s.open(ctx, spec)
	s.made = string(key)
	return err
}

// A pace keeps reports down to what people can see; points of the curve always go out.
type pace struct{ last time.Time }

func (p *pace) due(x task.Progress) bool {
	const interval = 50 * time.Millisecond
	now := time.Now()
	if x.Curve == nil && now.Sub(p.last) < interval {
		return false
	}
	p.last = now
	return true
}

// finite leaves out figures that JSON cannot hold; a trial that diverges has them in its last reports.
func finite(p task.Progress) *task.Progress {
	for _, x := range []*float64{&p.TrainBPB, &p.TokensPerSec, &p.Fraction} {
		if math.IsNaN(*x) || math.IsInf(*x, 0) {
			*x = 0
		}
	}
	return &p
}
