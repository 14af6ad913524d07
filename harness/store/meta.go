package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Meta is what a run is: it is recorded when the run is made and never changes.
type Meta struct {
	Seed      uint64           `json:"seed"`
	Task      task.Spec        `json:"task"`
	Space     mechanisms.Space `json:"space"`
	SpaceHash string           `json:"space_hash"` // Space.Hash()
	Mechanism string           `json:"mechanism"`  // in charge from the first trial on, by catalog name
	Parallel  int              `json:"parallel"`   // trials in training at a time, at least 1
	Trials    int              `json:"trials"`     // after the baseline; Extend may raise it later
	Noise     float64          `json:"noise"`      // standard deviation of bits per byte at a fixed point; 0 when deterministic

	Lessons   []mechanisms.Lesson `json:"lessons,omitempty"`  // from earlier runs
	Model     string              `json:"model"`              // Model.Name(), the same at every level
	Simulated bool                `json:"simulated"`          // no language model takes part
	Settings  json.RawMessage     `json:"settings,omitempty"` // what else the run was asked for, in the form of whoever runs it
	Program   string              `json:"program"`            // version of the bilevel that made the run
}

func (m Meta) check() error {
	switch {
	case len(m.Space.Params) == 0:
		return errors.New("the space has no parameters")
	case m.SpaceHash != m.Space.Hash():
		return fmt.Errorf("space hash %.12s is not that of space %s, %.12s", m.SpaceHash, m.Space.Name, m.Space.Hash())
	case m.Parallel < 1:
		return fmt.Errorf("%d trials at a time, want at least 1", m.Parallel)
	case m.Trials < 0:
		return fmt.Errorf("%d trials, want none or more", m.Trials)
	case m.Mechanism == "":
		return errors.New("no mechanism to begin with")
	}
	return nil
}

// Continues returns an error that names every difference between the recorded run and what is wanted of it now, unless
// want could have made this record. How many trials, how many threads and which version of the program may differ.
func (m Meta) Continues(want Meta) error {
	var found []error
	different := func(what string, recorded, wanted any) {
		found = append(found, fmt.Errorf("it was made with %s %v, now %v is wanted", what, recorded, wanted))
	}
	if m.Seed != want.Seed {
		different("seed", m.Seed, want.Seed)
	}
	if m.SpaceHash != want.SpaceHash {
		different("space", fmt.Sprintf("%s (%.12s)", m.Space.Name, m.SpaceHash), fmt.Sprintf("%s (%.12s)", want.Space.Name, want.SpaceHash))
	}
	if !m.Task.Same(want.Task) {
		different("task", m.Task, want.Task)
	}
	if m.Model != want.Model {
		different("model", m.Model, want.Model)
	}
	if m.Mechanism != want.Mechanism {
		different("first mechanism", m.Mechanism, want.Mechanism)
	}
	if m.Parallel != want.Parallel {
		different("trials at a time", m.Parallel, want.Parallel)
	}
	if m.Noise != want.Noise || !slices.Equal(m.Lessons, want.Lessons) {
		different("noise and lessons", fmt.Sprint(m.Noise, ", ", len(m.Lessons)), fmt.Sprint(want.Noise, ", ", len(want.Lessons)))
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("%w; leave these flags out to continue it as it was made, or name another folder", errors.Join(found...))
}

// event leaves out where the prepared text lies: a cache, and the place of one machine. Its hash stays.
func (m Meta) event() (Event, error) {
	m.Task.Corpus = ""
	return newEvent(kindRun, "", m, nil)
}

// Meta returns what the run is, with Trials as last extended.
func (s *Store) Meta() Meta {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.fold.meta
	m.Trials = s.fold.limit
	return m
}

// Extend raises the number of trials of the run. A number that is not higher changes nothing.
func (s *Store) Extend(trials int) error {
	if trials <= s.Meta().Trials {
		return nil
	}
	return s.record(kindExtend, fmt.Sprint(trials), extension{Trials: trials}, nil)
}

type extension struct {
	Trials int `json:"trials"`
}
