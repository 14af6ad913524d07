package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
)

// A job is an evolve command that was understood and checked, before anything is made or trained.
type job struct {
	itself
	dir      string
	resumed  bool
	meta     store.Meta
	settings evolve.Settings
	task     task.Task
	model    chosen
	limit    time.Duration
	memory   *recall // what of earlier runs it is told; nil for nothing
}

// planJob reads the flags. For a run that exists its record says what it is, and flags that were given must agree with it.
func planJob(ctx context.Context, c *cli.Context) (*job, error) {
	j := &job{dir: c.String("dir"), limit: c.Duration("trial-limit")}
	if c.NArg() > 0 {
		return nil, usage("evolve takes no arguments, got %q; a run is named with --dir", c.Args().First())
	}
	if err := checkRunFlags(c); err != nil {
		return nil, err
	}
	var recorded *store.Meta
	if j.dir != "" {
		present, err := store.Exists(j.dir)
		if err != nil {
			return nil, err
		}
		if j.resumed = present; present {
			if recorded, err = readMeta(j.dir); err != nil {
				return nil, err
			}
		}
	} else {
		var err error
		if j.dir, err = newRunDir("runs"); err != nil {
			return nil, err
		}
	}
	if recorded == nil {
		return j, j.fresh(ctx, c)
	}
	return j, j.again(ctx, c, *recorded)
}

// fresh makes the plan of a new run.
func (j *job) fresh(ctx context.Context, c *cli.Context) error {
	spec, err := taskSpec(c)
	if err != nil {
		return err
	}
	if j.task, err = openTask(ctx, c, spec); err != nil {
		return err
	}
	if err := j.task.Check(j.task.Space().Default()); err != nil {
		return usage("the default point, which every trial is measured against, cannot be trained: %v", err)
	}
	spec = task.Prepared(j.task, spec) // with the hash of its text: another text would be another run
	spec.Corpus = ""
	if j.model, err = chooseModel(c, nil); err != nil {
		return err
	}
	j.settings = evolve.Settings{SteerEvery: c.Int("steer-every"), InventEvery: c.Int("invent-every")}
	if j.settings.AnchorEvery, err = anchors(c, j.task); err != nil {
		return err
	}
	space := j.task.Space()
	j.meta = store.Meta{
		Seed: c.Uint64("seed"), Task: task.Prepared(j.task, spec), Space: space, SpaceHash: space.Hash(), Mechanism: c.String("mechanism"),
		Noise: task.Noise(j.task), Parallel: c.Int("parallel"), Trials: c.Int("trials"), Model: j.model.Name(), Simulated: j.model.simulated,
		Program: version(),
	}
	if j.memory, err = j.recall(ctx, c); err != nil {
		return err
	}
	j.meta.Settings, err = json.Marshal(runSettings{Settings: j.settings, Profile: c.String("profile"), Memory: j.memory})
	return err
}

// again makes the plan of a run that is continued.
func (j *job) again(ctx context.Context, c *cli.Context, m store.Meta) error {
	s, err := settingsOf(m)
	if err != nil {
		return fmt.Errorf("continue run %s: %w", j.dir, err)
	}
	j.settings, j.memory = s.Settings, s.Memory
	if c.IsSet("trials") {
		if c.Int("trials") < m.Trials {
			return usage("--trials %d: the run was made for %d; a run can be extended, not shortened", c.Int("trials"), m.Trials)
		}
		m.Trials = c.Int("trials")
	}
	if err := sameAs(c, m, s); err != nil {
		return fmt.Errorf("continue run %s: %w", j.dir, err)
	}
	j.meta = m
	if j.task, err = openTask(ctx, c, m.Task); err != nil {
		return err
	}
	if got := j.task.Space().Hash(); got != m.SpaceHash {
		return fmt.Errorf("continue run %s: it searches space %s (%.12s), but this bilevel's is %s (%.12s); continue it with %s, or start another run",
			j.dir, m.Space.Name, m.SpaceHash, j.task.Space().Name, got, m.Program)
	}
	j.model, err = chooseModel(c, &m)
	return err
}

func checkRunFlags(c *cli.Context) error {
	for _, name := range []string{"trials", "steer-every", "invent-every", "anchor-every"} {
		if c.Int(name) < 0 {
			return usage("--%s %d, want 0 or more", name, c.Int(name))
		}
	}
	if n := c.Int("parallel"); n < 1 || n > 64 {
		return usage("--parallel %d, want 1 to 64", n)
	}
	name := c.String("mechanism")
	if _, err := findMechanism(name); err != nil {
		return err
	}
	if _, err := catalog.Find(name); err != nil && c.Int("invent-every") > 0 {
		return usage("--mechanism %s needs more than the standard library, which runners that level 2 compiles do without; add --invent-every 0", name)
	}
	return nil
}

// open makes or opens the record.
func (j *job) open(c *cli.Context) (*store.Store, error) {
	if !j.resumed {
		return store.Create(j.dir, j.meta)
	}
	s, err := store.Open(j.dir)
	if err != nil {
		return nil, err
	}
	if err := s.Extend(j.meta.Trials); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// run puts the parts of a run together. done releases them.
func (j *job) run(ctx context.Context, c *cli.Context, st *store.Store) (r *evolve.Run, done func(), err error) {
	cache, err := data.CacheDir()
	if err != nil {
		return nil, nil, err
	}
	within, err := j.running(st)
	if err != nil {
		return nil, nil, err
	}
	memo, err := store.OpenMemo(cache)
	if err != nil {
		return nil, nil, err
	}
	pool, err := j.trainers(task.Prepared(j.task, j.meta.Task), j.meta.Parallel, j.limit)
	if err != nil {
		memo.Close()
		return nil, nil, err
	}
	if err := charge(j.model, st); err != nil {
		memo.Close()
		return nil, nil, err
	}
	r = &evolve.Run{
		Settings: j.settings, Store: st, Task: j.task, Trainers: pool, Memo: memo,
		Model: model.Recorded(j.model, st), Paid: !j.meta.Simulated, Limits: evolve.DefaultLimits, Within: within, Base: j.runner,
	}
	if j.memory != nil {
		r.Ancestors = j.memory.Ancestors
	}
	if j.settings.InventEvery > 0 {
		if r.Inventor, err = newLevel2(ctx, r.Model, cache, j.trying()); err != nil {
			memo.Close()
			return nil, nil, err
		}
	}
	return r, func() { pool.Close(); memo.Close() }, nil
}
