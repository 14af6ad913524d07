package memory

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
)

// Of reads a run from its record, as the memory learns from it.
func Of(s *store.Store) (Run, error) {
	begun, err := s.EventsOf("run")
	if err != nil {
		return Run{}, err
	}
	details, err := s.Details()
	if err != nil {
		return Run{}, err
	}
	meta, view := s.Meta(), s.Whole()
	same := map[int]string{}
	clock := true
	for _, d := range details {
		if d.Outcome != nil && d.Outcome.Deterministic() {
			same[d.Seq] = d.Outcome.Content
			clock = false
		}
	}
	return Run{
		// Two runs with the same settings are two runs; a copy of a run's folder is the same run.
		ID:    hash(begun[0].Body, begun[0].At.UnixMilli())[:12],
		Scope: ScopeOf(meta, clock), Space: meta.Space, Trials: view.Trials, Noise: view.Noise,
		Same: func(seq int) string { return same[seq] },
		Seed: meta.Seed, Model: meta.Model, Mechanism: meta.Mechanism, Dir: s.Dir(),
	}, nil
}

// ScopeOf is the scope of a run on this machine; clock says that its trials are not deterministic.
func ScopeOf(m store.Meta, clock bool) Scope {
	return Scope{
		Task: taskWords(m), TaskHash: hash(m.Task.String()), Space: m.Space.Name, SpaceHash: m.SpaceHash,
		Hardware: task.Hardware(m.Task), Clock: clock, Simulated: m.Simulated,
	}
}

// taskWords begin with the kind of task, one word.
func taskWords(m store.Meta) string {
	s := m.Task
	switch s.Kind {
	case task.KindCommand:
		return "command/" + m.Space.Name
	case task.KindSurface:
		return fmt.Sprintf("%s %s %d", s.Kind, m.Space.Name, s.SurfaceSeed)
	}
	words := []string{s.Kind}
	for _, w := range []string{s.Size, s.Budget, s.Device} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
