// Package train trains points in child processes, so that a trial that crashes, is killed or runs out of memory costs one
// trial and nothing else.
//
// A trainer is a process that runs Serve on its standard input and output: one JSON message a line. It is sent a job, answers
// with reports of progress and at last one with the outcome, and waits for the next job. It ends when its input does, so
// it does not outlive the process that started it.
package train

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// job is what a trainer is sent.
type job struct {
	Spec  task.Spec        `json:"spec"`
	Point mechanisms.Point `json:"point"`
	Seed  uint64           `json:"seed"`
}

// report is what a trainer answers: any number with Progress, then one with Outcome.
type report struct {
	Progress *task.Progress `json:"progress,omitempty"`
	Outcome  *task.Outcome  `json:"outcome,omitempty"`
}

// Config says what the trainers of a pool are.
type Config struct {
	Exe  string   // the program that runs Serve
	Args []string // its arguments
	Env  []string // its environment; see task.Environ
	Spec task.Spec

	Parallel int           // trainers at a time, at least 1
	Limit    time.Duration // for one trial, start-up included; 0 for none
}

// A Pool trains points, as many at a time as it has trainers. Its methods are safe for concurrent use.
type Pool struct {
	config Config
	slots  chan *child // one for each trainer; nil where none was started yet or the last one is gone
}

// New makes a pool. Trainers are started when they are first needed.
func New(c Config) (*Pool, error) {
	if c.Parallel < 1 {
		return nil, fmt.Errorf("pool of %d trainers, want at least 1", c.Parallel)
	}
	if c.Spec.Threads == 0 { // the cores are shared out; results do not depend on it
		c.Spec.Threads = max(1, runtime.GOMAXPROCS(0)/c.Parallel)
	}
	p := &Pool{config: c, slots: make(chan *child, c.Parallel)}
	for range c.Parallel {
		p.slots <- nil
	}
	return p, nil
}

// Train trains a point and says what became of it; it waits for a free trainer first. Progress is called from the caller's
// goroutine. When ctx ends, the trainer is killed and the outcome is Pruned with the cause of ctx; the caller knows better
// why.
//
// A trainer that was killed by a signal from outside says nothing about the point, so its trial is made again before it
// counts as Killed.
func (p *Pool) Train(ctx context.Context, point mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome {
	j := job{Spec: p.config.Spec, Point: point, Seed: seed}
	o := p.once(ctx, j, progress)
	for range again {
		if o.Status != mechanisms.Killed || ctx.Err() != nil {
			break
		}
		o = p.once(ctx, j, progress)
	}
	return o
}

// again is how often a trial whose trainer was killed is made once more.
const again = 3

// once trains on one trainer, and gives it back if it is still of use.
func (p *Pool) once(ctx context.Context, j job, progress func(task.Progress)) task.Outcome {
	if ctx.Err() != nil {
		return cancelled(ctx)
	}
	var c *child
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return cancelled(ctx)
	}
	if c == nil || c.over() {
		var err error
		if c, err = startChild(p.config); err != nil {
			p.slots <- nil
			return task.Outcome{Status: mechanisms.Crashed, Reason: err.Error()}
		}
	}
	o, usable := c.train(ctx, j, p.config.Limit, progress)
	if !usable {
		c = nil
	}
	p.slots <- c
	return o
}

func cancelled(ctx context.Context) task.Outcome {
	return task.Outcome{Status: mechanisms.Pruned, Reason: context.Cause(ctx).Error()}
}

// Close ends the trainers. It waits for trials under way: end their contexts first.
func (p *Pool) Close() {
	for range p.config.Parallel {
		if c := <-p.slots; c != nil {
			c.kill()
		}
	}
}
