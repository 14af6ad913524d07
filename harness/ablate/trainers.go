package ablate

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Pool trains points in processes.
type Pool interface {
	evolve.Trainers
	Close()
}

// An opened task is one that runs are being made on, with its trainers. All arms share them, and what one trains another at
// the same time waits for: nothing is trained twice.
type opened struct {
	locked
	pool  Pool
	slots chan struct{} // as many trials at a time, on all tasks together

	mu      sync.Mutex
	flights map[string]*flight // by content
}

// A flight is a trial that is being trained, or was.
type flight struct {
	done    chan struct{} // closed when outcome is set
	outcome task.Outcome
}

// Train implements evolve.Trainers.
func (o *opened) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome {
	content := o.Content(p, seed)
	if content == "" {
		return o.train(ctx, p, seed, progress)
	}
	for {
		o.mu.Lock()
		f, flies := o.flights[content]
		if !flies {
			f = &flight{done: make(chan struct{})}
			o.flights[content] = f
		}
		o.mu.Unlock()
		if !flies {
			return o.lead(ctx, f, content, p, seed, progress)
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return task.Outcome{Status: mechanisms.Pruned, Reason: context.Cause(ctx).Error()}
		}
		if f.outcome.Deterministic() {
			for _, c := range f.outcome.Result.Curve {
				progress(task.Progress{Fraction: c.Fraction, Curve: &c})
			}
			return f.outcome
		} // else it was stopped, or befell something: another trains it
	}
}

// lead trains for all that wait for the same content.
func (o *opened) lead(ctx context.Context, f *flight, content string, p mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome {
	f.outcome = o.train(ctx, p, seed, progress)
	f.outcome.Content = content
	if !f.outcome.Deterministic() {
		o.mu.Lock()
		delete(o.flights, content)
		o.mu.Unlock()
	}
	close(f.done)
	return f.outcome
}

func (o *opened) train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome {
	select {
	case o.slots <- struct{}{}:
	case <-ctx.Done():
		return task.Outcome{Status: mechanisms.Pruned, Reason: context.Cause(ctx).Error()}
	}
	defer func() { <-o.slots }()
	return o.pool.Train(ctx, p, seed, progress)
}

// again measures a point with fresh seeds, and returns the value with each; one that does not train with a seed has that of
// otherwise, which is what its user would go back to.
func (o *opened) again(ctx context.Context, memo evolve.Memo, p mechanisms.Point, n int, otherwise []float64) ([]float64, error) {
	values, errs := make([]float64, n), make([]error, n)
	var group sync.WaitGroup
	for k := range n {
		group.Go(func() { values[k], errs[k] = o.measure(ctx, memo, p, uint64(firstFresh+k)) })
	}
	group.Wait()
	for k, err := range errs {
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%w: %w", evolve.ErrStopped, context.Cause(ctx))
		case err != nil && otherwise == nil:
			return nil, fmt.Errorf("the default point with seed %d: %w", firstFresh+k, err)
		case err != nil:
			values[k] = otherwise[k]
		}
	}
	return values, nil
}

func (o *opened) measure(ctx context.Context, memo evolve.Memo, p mechanisms.Point, seed uint64) (float64, error) {
	content := o.Content(p, seed)
	out, known := task.Outcome{}, false
	if content != "" {
		var err error
		if out, known, err = memo.Lookup(content); err != nil {
			return 0, err
		}
	}
	if !known {
		out = o.Train(ctx, p, seed, func(task.Progress) {})
		out.Content = content
		if err := memo.Add(out); err != nil {
			return 0, err
		}
	}
	if out.Status != mechanisms.Complete {
		return 0, fmt.Errorf("%s: %s", out.Status, out.Reason)
	}
	return out.Result.BPB, nil
}

// locked is a task that several runs use: a task's methods are called from one goroutine at a time.
type locked struct {
	task.Task
	lock *sync.Mutex
}

func (l locked) Check(p mechanisms.Point) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.Task.Check(p)
}

func (l locked) Content(p mechanisms.Point, seed uint64) string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.Task.Content(p, seed)
}

func (l locked) Describe() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.Task.Describe()
}
