package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/train"
)

// itself is this program, which is started again: as a trainer, as a runner of the mechanisms that it carries, and as what puts
// walls around runners.
type itself struct {
	file string
	held contain.Report // what holds a runner on this machine, once it was found out
}

// self finds this program's file.
func self() (itself, error) {
	exe, err := os.Executable()
	if err != nil {
		return itself{}, fmt.Errorf("find this program's own file: %w", err)
	}
	return itself{file: exe}, nil
}

// containing also finds out what holds a runner on this machine. With all it must be everything there is.
func containing(ctx context.Context, all bool) (itself, error) {
	x, err := self()
	if err != nil {
		return x, err
	}
	if x.held, err = contain.Probe(ctx, x.file); err != nil {
		return x, err
	}
	if all {
		return x, wholly(x.held)
	}
	return x, nil
}

// wholly is what --require-sandbox asks for.
func wholly(r contain.Report) error {
	if r.Whole() {
		return nil
	}
	return usage("--require-sandbox: runners would be %s; use a kernel that has what is missing, or leave the flag out", r)
}

// trainers starts what trains, so many at a time, each trial within limit; 0 is none.
func (x itself) trainers(spec task.Spec, parallel int, limit time.Duration) (*train.Pool, error) {
	return train.New(train.Config{Exe: x.file, Args: []string{"trainer"}, Env: task.Environ(os.Environ()), Spec: spec, Parallel: parallel, Limit: limit})
}

// runner is how a mechanism that this program carries is started.
func (x itself) runner(mechanism string) supervise.Command {
	return supervise.Command{Path: x.file, Args: []string{"runner", mechanism}}
}

// prefix is what a command begins with that runs within walls; nothing where the kernel has none.
func (x itself) prefix(s contain.Spec) []string {
	if len(x.held.Walls) == 0 {
		return nil
	}
	s.Walls, s.Memory = x.held.Walls, contain.RunnerMemory
	return s.Prefix(x.file)
}

// running contains the runners of a run, which notes it: they may become another binary of the run, or this program again.
func (x itself) running(st *store.Store) ([]string, error) {
	if err := st.RecordContainment(x.held); err != nil {
		return nil, err
	}
	binaries := filepath.Join(st.Dir(), evolve.Binaries)
	if err := os.MkdirAll(binaries, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of the run's binaries: %w", err)
	}
	return x.prefix(contain.Spec{Allow: []string{binaries, x.file}, Descriptors: supervise.Descriptors}), nil
}

// serving contains runners that carry many mechanisms and become nothing else.
func (x itself) serving() []string { return x.prefix(contain.Spec{Descriptors: supervise.Descriptors}) }

// trying contains a new binary while it is tried.
func (x itself) trying() []string { return x.prefix(contain.Spec{CPU: trialCPU}) }

// trialCPU is the processor time that one run of a new binary may take before it is in charge, in whole seconds.
const trialCPU = 10 * time.Second
