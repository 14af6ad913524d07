package ablate

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/seed161a02ea/bilevel/harness/evolve"
)

// A job is one run to be made.
type job struct {
	key  runKey
	arm  PlannedArm
	unit Unit
}

// A chain is jobs that must be made one after the other.
type chain struct {
	jobs []job
	wide bool // they may wait for level 2, beside many others, and take little while they do; one that trains does not
}

// atATime is how many runs that may wait for level 2 go on at once: enough to fill its batches, few enough for the
// processes of their mechanisms.
const atATime = 384

// run makes all runs of the plan: at once, or look by look where comparisons may end early.
func (e *engine) run(ctx context.Context) error {
	stages := e.stages()
	e.progress = e.newMeter()
	for _, upTo := range stages {
		if err := e.stage(ctx, upTo); err != nil {
			return err
		}
	}
	return nil
}

// stages are the numbers of units of a profile up to which runs are made; -1 is all, null tasks included.
func (e *engine) stages() []int { return append(append([]int(nil), e.plan.Setting.Looks...), -1) }

// stage makes the runs on the first so many units of every profile.
func (e *engine) stage(ctx context.Context, upTo int) error {
	chains, err := e.chains(upTo)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	finished := make(chan finished, atATime)
	recorded := make(chan error, 1)
	go func() { recorded <- e.keep(finished) }()
	narrow, wide := make(chan struct{}, e.parts.Workers), make(chan struct{}, atATime)
	group.Go(func() error { return e.begin(ctx, group, chains, true, wide, finished) })
	group.Go(func() error { return e.begin(ctx, group, chains, false, narrow, finished) })
	err = group.Wait()
	close(finished)
	return errors.Join(err, <-recorded)
}

// begin begins the chains of one width in order, as many at a time as slots has room for.
func (e *engine) begin(ctx context.Context, group *errgroup.Group, chains []chain, wide bool, slots chan struct{}, to chan<- finished) error {
	for _, c := range chains {
		if c.wide != wide {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", evolve.ErrStopped, context.Cause(ctx))
		}
		group.Go(func() error {
			defer func() { <-slots }()
			return e.follow(ctx, c, to)
		})
	}
	return nil
}

// follow makes the runs of a chain.
func (e *engine) follow(ctx context.Context, c chain, to chan<- finished) error {
	for _, j := range c.jobs {
		f, known := e.elsewhere(j)
		if !known {
			e.progress.begins(j.key)
			var err error
			if f, err = e.make(ctx, j.key, j.arm, j.unit); err != nil {
				return err
			}
		}
		e.mu.Lock()
		e.done[j.key] = &f
		e.mu.Unlock()
		e.progress.finished(j.key)
		to <- f
	}
	return nil
}

// keep records finished runs, as many at once as are there: a commit takes longer than a run.
func (e *engine) keep(from <-chan finished) error {
	for f := range from {
		batch := []finished{f}
		for more := true; more; {
			select {
			case f, open := <-from:
				if more = open; open {
					batch = append(batch, f)
				}
			default:
				more = false
			}
		}
		if err := e.rec.add(batch); err != nil {
			for range from { // let the runs end; what is not recorded is made again
			}
			return err
		}
	}
	return nil
}

// chains returns what is to be made for the first so many units of every profile, in the order of the plan. The runs of an
// arm that remembers are one chain for each seed, those recorded before left out.
func (e *engine) chains(upTo int) ([]chain, error) {
	var all []chain
	for _, profile := range e.plan.Profiles {
		goesOn, err := e.goOn(profile)
		if err != nil {
			return nil, err
		}
		pairs, null := e.plan.Units(profile)
		units := append(pairs, null...)
		if upTo >= 0 {
			units = pairs[:min(upTo, len(pairs))]
		}
		remembered := map[string]int{} // arm and seed → index in all
		for _, u := range units {
			for i, a := range e.plan.Arms {
				key := u.key(e.plan, a.Name)
				if e.done[key] != nil || e.plan.Same(i) != a.Name || !e.plan.Tasks[u.Task].Null && !goesOn(a.Name) {
					continue
				}
				j := job{key, a, u}
				id := fmt.Sprint(a.Name, u.Seed)
				if at, ok := remembered[id]; ok && a.Procedure.Remembers {
					all[at].jobs = append(all[at].jobs, j)
					continue
				}
				remembered[id] = len(all)
				all = append(all, chain{jobs: []job{j}, wide: a.Procedure.Invents != InventsNothing && e.inMemory(u)})
			}
		}
	}
	return all, nil
}
