package main

import (
	"context"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/kernels/data"
)

// parts puts together what the runs need. done releases it.
func (a *ablation) parts(ctx context.Context, c *cli.Context) (p ablate.Parts, done func(), err error) {
	cache, err := data.CacheDir()
	if err != nil {
		return p, nil, err
	}
	x, err := containing(ctx, c.Bool("require-sandbox"))
	if err != nil {
		return p, nil, err
	}
	if err := a.charge(); err != nil {
		return p, nil, err
	}
	memo, err := store.OpenMemo(cache)
	if err != nil {
		return p, nil, err
	}
	pipeline := &pipelines{cache: cache, within: x.trying()}
	together := newBulk(ctx, pipeline, x.serving())
	p = ablate.Parts{
		Models: a.asked, Workers: c.Int("parallel"), Level2: together, Start: together.start, Carry: together.carry,
		Real: ablate.Real{
			Parallel: c.Int("parallel"), Memo: memo, Level2: pipeline,
			Open: func(ctx context.Context, s task.Spec) (task.Task, error) { return openTask(ctx, c, s) },
			Pool: func(s task.Spec, parallel int) (ablate.Pool, error) {
				return x.trainers(s, parallel, c.Duration("trial-limit"))
			},
			Base: x.runner, Within: x.running,
		},
	}
	if p.Real.Parallel == 0 {
		p.Real.Parallel = runtime.GOMAXPROCS(0)
	}
	if a.trains() { // a run waits for its trials most of the time
		p.Workers = 2 * p.Real.Parallel
	}
	if !a.plan.Setting.Simulated { // and for its model, which answers several at once
		p.Workers = max(p.Workers, atOnce)
	}
	return p, func() { together.close(); memo.Close() }, nil
}

// atOnce is how many runs that ask a model which is paid go on at a time.
const atOnce = 16

// trains reports whether any run trains in processes, or asks a model that is paid.
func (a *ablation) trains() bool {
	for _, t := range a.plan.Tasks {
		if t.Real {
			return true
		}
	}
	return !a.plan.Setting.Simulated
}

// asked is what the runs of a profile ask.
func (a *ablation) asked(profile string) (model.Model, error) {
	if a.model.Model != nil && !a.model.simulated {
		return a.model, nil
	}
	return simulated.New(profile)
}

// charge counts what the runs so far have spent against the limits, which hold for all of them together.
func (a *ablation) charge() error {
	if a.model.meter == nil {
		return nil
	}
	for _, dir := range []string{a.dir, filepath.Join(a.dir, making)} {
		present, err := ablate.Exists(dir)
		if err != nil {
			return err
		}
		if !present {
			continue
		}
		spent, err := ablate.Spent(dir)
		if err != nil {
			return err
		}
		for level, u := range spent {
			a.model.meter.Charge(level, u)
		}
	}
	return nil
}
