package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/train"
	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
)

func evolveCommand() *cli.Command {
	return &cli.Command{
		Name:  "evolve",
		Usage: "search hyperparameters while a model rewrites the search; or continue a run",
		Description: `Trains a baseline and then trials, one change after another. Every few trials level 1.5 steers, and
level 2 has the model write a new search mechanism, which is vetted, compiled into a fresh runner
binary and takes the search over. Everything is recorded in the run directory: a run that was
interrupted or killed goes on with the same command and --dir.

Examples:
   bilevel evolve                                   the default: GPT trials on the CPU, about five minutes
   bilevel evolve --trials 60 --seed 2              a longer run with another seed
   bilevel evolve --dir runs/1                      continue a run
   DEEPSEEK_API_KEY=... bilevel evolve              with a language model
   bilevel evolve --base-url http://localhost:8000/v1 --model qwen
   bilevel evolve --text ~/books --budget 30s       your own text, wall-clock trials
   bilevel evolve --task surface                    no training: a synthetic landscape, in seconds
   bilevel evolve --task mine.yaml                  your own program; bilevel task init writes an example`,
		Flags: append(append(append(runFlags(), taskFlags()...), modelFlags()...),
			&cli.BoolFlag{Name: "json", Usage: "print events as JSON, one a line, and nothing else"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be done, check it, and stop"},
		),
		Action: evolveAction,
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "dir", Usage: "run `DIRECTORY`; one that holds a run is continued (default: a new one below runs/)"},
		&cli.IntFlag{Name: "trials", Value: 30, Usage: "trials after the baseline; more than before extends a run"},
		&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of everything that is drawn"},
		&cli.StringFlag{Name: "mechanism", Value: "greedy", Usage: "search `MECHANISM` to begin with; bilevel mechanism list names them"},
		&cli.IntFlag{Name: "parallel", Value: 1, Usage: "trials in training at a time"},
		&cli.IntFlag{Name: "steer-every", Value: 5, Usage: "trials between two passes of level 1.5; 0 turns it off"},
		&cli.IntFlag{Name: "invent-every", Value: 10, Usage: "trials between two passes of level 2, which is left out when fewer than 3 trials are left; 0 turns it off"},
		&cli.IntFlag{Name: "anchor-every", Value: anchorEvery, Usage: "trials between two times that the default point or the incumbent is trained again, to measure the noise of trials that are not deterministic; 0 turns it off"},
		&cli.BoolFlag{Name: "require-sandbox", Usage: "refuse to begin where the kernel lacks a part of what contains a runner; bilevel doctor shows the parts"},
		memoryFlag(),
		&cli.BoolFlag{Name: "no-memory", Usage: "be told nothing of earlier runs, and teach later ones nothing"},
		&cli.DurationFlag{Name: "trial-limit", Usage: "wall-clock limit of one trial; 0 for none"},
	}
}

// A job is an evolve command that was understood and checked, before anything is made or trained.
type job struct {
	dir      string
	resumed  bool
	meta     store.Meta
	settings evolve.Settings
	task     task.Task
	model    chosen
	limit    time.Duration
	held     contain.Report // what holds a runner here
	memory   *recall        // what of earlier runs it is told; nil for nothing
}

// evolveAction runs the command: plan and check it, open the record, make the parts, run, and tell what came of it.
func evolveAction(c *cli.Context) error {
	ctx, stop := interruptible(c.Context)
	defer stop()
	j, err := planJob(ctx, c)
	if err != nil {
		return err
	}
	if j.held, err = containment(ctx, c.Bool("require-sandbox")); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return j.describe(c)
	}
	st, err := j.open(c)
	if err != nil {
		return err
	}
	defer st.Close()
	began := time.Now()
	run, done, err := j.run(ctx, c, st)
	if err != nil {
		return err
	}
	defer done()
	tell, closeScreen := watcher(c, st)
	run.Tell = tell
	tell(evolve.Event{Kind: evolve.EventContained, At: time.Now(), Text: j.held.String()})
	if text := j.given(); text != "" {
		tell(evolve.Event{Kind: evolve.EventMemory, At: time.Now(), Text: text})
	}
	err = run.Go(ctx)
	var forgot error // the run is done all the same
	if err == nil {
		forgot = learn(ctx, c, run, tell)
	}
	closeScreen()
	if errors.Is(err, evolve.ErrStopped) {
		return cli.Exit(fmt.Sprintf("interrupted; nothing is lost: continue with bilevel evolve --dir %s", st.Dir()), exitInterrupted)
	}
	if err != nil {
		return fmt.Errorf("run %s: %w; what is recorded is kept: continue with bilevel evolve --dir %s", st.Dir(), err, st.Dir())
	}
	if !c.Bool("json") {
		if err := summary(c.App.Writer, st, time.Since(began)); err != nil {
			return err
		}
	}
	if forgot != nil {
		return fmt.Errorf("run %s is done and kept, but what it taught was not: %w", st.Dir(), forgot)
	}
	return nil
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

// openTask opens a task and shows how the preparation of its text goes, the first time it is needed.
func openTask(ctx context.Context, c *cli.Context, spec task.Spec) (task.Task, error) {
	line := newOverwritten(c.App.ErrWriter)
	defer line.end()
	t, err := task.Open(ctx, spec, func(p task.Preparing) {
		line.say("preparing text: %s, %.1f of %.1f MB", p.Step, float64(p.Bytes)/1e6, float64(p.Total)/1e6)
	})
	if err != nil && ctx.Err() == nil {
		return nil, asUsage(err)
	}
	return t, err
}

// runSettings is what a run's record keeps beside its Meta.
type runSettings struct {
	evolve.Settings
	Profile string  `json:"profile,omitempty"` // of the simulated model
	Memory  *recall `json:"memory,omitempty"`
}

func settingsOf(m store.Meta) (s runSettings, err error) {
	if err := json.Unmarshal(m.Settings, &s); err != nil {
		return s, fmt.Errorf("settings in the record: %w; it was made by bilevel %s", err, m.Program)
	}
	return s, nil
}

// sameAs refuses flags that contradict the record of the run that is continued.
func sameAs(c *cli.Context, m store.Meta, s runSettings) error {
	for _, f := range []struct {
		flag string
		was  any
		is   any
	}{
		{"seed", m.Seed, c.Uint64("seed")},
		{"mechanism", m.Mechanism, c.String("mechanism")},
		{"parallel", m.Parallel, c.Int("parallel")},
		{"steer-every", s.SteerEvery, c.Int("steer-every")},
		{"invent-every", s.InventEvery, c.Int("invent-every")},
		{"anchor-every", s.AnchorEvery, c.Int("anchor-every")},
		{"profile", s.Profile, c.String("profile")},
	} {
		if c.IsSet(f.flag) && f.was != f.is {
			return usage("it was made with --%s %v, not %v; leave the flag out, or name another --dir", f.flag, f.was, f.is)
		}
	}
	if isAnySet(c, taskFlags()) {
		spec, err := taskSpec(c)
		if err != nil {
			return err
		}
		if m.Task.Kind == task.KindCommand && spec.Kind == task.KindCommand && !m.Task.Same(spec) {
			return usage("it was made with another text of the task file, or for another folder; leave --task out to go on as recorded, or name another --dir")
		}
		if !m.Task.Same(spec) {
			return usage("it was made for the task %s, not %s; leave these flags out, or name another --dir", m.Task, spec)
		}
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
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("find this program's own file: %w", err)
	}
	cache, err := data.CacheDir()
	if err != nil {
		return nil, nil, err
	}
	within, err := j.within(exe, st)
	if err != nil {
		return nil, nil, err
	}
	memo, err := store.OpenMemo(cache)
	if err != nil {
		return nil, nil, err
	}
	spec := task.Prepared(j.task, j.meta.Task)
	pool, err := train.New(train.Config{Exe: exe, Args: []string{"trainer"}, Env: task.Environ(os.Environ()), Spec: spec, Parallel: j.meta.Parallel, Limit: j.limit})
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
		Model: model.Recorded(j.model, st), Paid: !j.meta.Simulated, Limits: evolve.DefaultLimits, Within: within,
		Base: func(mechanism string) supervise.Command {
			return supervise.Command{Path: exe, Args: []string{"runner", mechanism}}
		},
	}
	if j.memory != nil {
		r.Ancestors = j.memory.Ancestors
	}
	if j.settings.InventEvery > 0 {
		if r.Inventor, err = newLevel2(ctx, r.Model, cache, tryWithin(exe, j.held)); err != nil {
			memo.Close()
			return nil, nil, err
		}
	}
	return r, func() { pool.Close(); memo.Close() }, nil
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

func readMeta(dir string) (*store.Meta, error) {
	s, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	m := s.Meta()
	return &m, nil
}

// newRunDir is the first of runs/1, runs/2, ... that does not exist.
func newRunDir(parent string) (string, error) {
	for n := 1; ; n++ {
		dir := filepath.Join(parent, strconv.Itoa(n))
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			return dir, nil
		} else if err != nil {
			return "", fmt.Errorf("find a new run directory: %w", err)
		}
	}
}

func isAnySet(c *cli.Context, flags []cli.Flag) bool {
	for _, f := range flags {
		if c.IsSet(f.Names()[0]) {
			return true
		}
	}
	return false
}

// describe is --dry-run: what would be done.
func (j *job) describe(c *cli.Context) error {
	verb := "would make"
	if j.resumed {
		verb = "would continue"
	}
	m := j.meta
	w := c.App.Writer
	fmt.Fprintf(w, "%s run %s: baseline and %d trials, seed %d, %d at a time\n", verb, j.dir, m.Trials, m.Seed, m.Parallel)
	fmt.Fprintf(w, "task       %s\n", firstLine(j.task.Describe()))
	fmt.Fprintf(w, "space      %s, %d parameters\n", m.Space.Name, len(m.Space.Params))
	for _, p := range m.Space.Params {
		fmt.Fprintf(w, "           %-18s %-12s %s\n", p.Name, p.Format(p.Default), p.Range())
	}
	fmt.Fprintf(w, "model      %s\n", m.Model)
	fmt.Fprintf(w, "mechanism  %s to begin with; level 1.5 every %d trials, level 2 every %d (0 is never)\n", m.Mechanism, j.settings.SteerEvery, j.settings.InventEvery)
	fmt.Fprintf(w, "memory     %s\n", cmp.Or(j.given(), "no lesson of an earlier run that fits this one, or turned off"))
	fmt.Fprintf(w, "noise      %s\n", j.noise())
	fmt.Fprintf(w, "runners    %s\n", j.held)
	_, err := fmt.Fprintln(w, "nothing was made or trained")
	return err
}
