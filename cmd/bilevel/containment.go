package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
)

// trialCPU is the processor time that one run of a new binary may take before it is in charge, in whole seconds.
const trialCPU = 10 * time.Second

// containment finds out what holds a runner on this machine. With all it must be everything there is.
func containment(ctx context.Context, all bool) (contain.Report, error) {
	exe, err := os.Executable()
	if err != nil {
		return contain.Report{}, fmt.Errorf("find this program's own file: %w", err)
	}
	r, err := contain.Probe(ctx, exe)
	if err != nil {
		return r, err
	}
	if all {
		return r, wholly(r)
	}
	return r, nil
}

// wholly is what --require-sandbox asks for.
func wholly(r contain.Report) error {
	if r.Whole() {
		return nil
	}
	return usage("--require-sandbox: runners would be %s; use a kernel that has what is missing, or leave the flag out", r)
}

// within is what contains the run's runners: they may become another binary of the run, or the tool again.
func (j *job) within(exe string, st *store.Store) ([]string, error) {
	if err := st.RecordContainment(j.held); err != nil {
		return nil, err
	}
	if len(j.held.Walls) == 0 {
		return nil, nil
	}
	binaries := filepath.Join(st.Dir(), evolve.Binaries)
	if err := os.MkdirAll(binaries, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of the run's binaries: %w", err)
	}
	return contain.Spec{
		Walls: j.held.Walls, Allow: []string{binaries, exe}, Descriptors: supervise.Descriptors, Memory: contain.RunnerMemory,
	}.Prefix(exe), nil
}

// tryWithin is what contains a new binary while it is tried: it may become nothing else.
func tryWithin(exe string, held contain.Report) []string {
	if len(held.Walls) == 0 {
		return nil
	}
	return contain.Spec{Walls: held.Walls, Memory: contain.RunnerMemory, CPU: trialCPU}.Prefix(exe)
}

// containedBy is what the record notes of what held the runners; nil where it notes nothing.
func containedBy(s *store.Store) (*contain.Report, error) {
	var r contain.Report
	if found, err := s.Containment(&r); err != nil || !found {
		return nil, err
	}
	return &r, nil
}

func showContainment(w io.Writer, s *store.Store) error {
	r, err := containedBy(s)
	if err != nil || r == nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nRunners were %s\n", r)
	return err
}
