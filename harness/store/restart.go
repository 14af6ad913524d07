package store

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Restart is the history cleared: from here on nobody who decides sees a trial before it but one, on which the search
// stands whatever it had measured. The record keeps everything, and Seq goes on.
type Restart struct {
	N    int `json:"n"`    // counts the restarts of the run from 0
	Seq  int `json:"seq"`  // of the first trial decided after it
	From int `json:"from"` // of the trial that the search resumes from: the last that was Complete
}

// RecordRestart records that the history is cleared.
func (s *Store) RecordRestart(x Restart) error {
	return s.record(kindRestart, strconv.Itoa(x.N), x, nil)
}

func (f *fold) restart(x Restart) error {
	switch {
	case x.N != len(f.restarts):
		return fmt.Errorf("the next restart is %d", len(f.restarts))
	case x.Seq != len(f.trials):
		return fmt.Errorf("it is before trial %d, but the next to be decided is %d", x.Seq, len(f.trials))
	case x.From < 0 || x.From >= len(f.trials) || !f.trials[x.From].OK():
		return fmt.Errorf("trial %d has no value to resume from", x.From)
	}
	f.restarts = append(f.restarts, x)
	f.incumbent = x.From
	return nil
}

// Restarts returns the times at which the history was cleared, in order.
func (s *Store) Restarts() []Restart {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.restarts)
}

// seen is the decided trials that are not cleared. The first is Kept: the baseline, or the trial that the last restart
// resumes from.
func (f *fold) seen() []mechanisms.Trial {
	n := len(f.restarts)
	if n == 0 {
		return f.trials
	}
	last := f.restarts[n-1]
	start := f.trials[last.From]
	start.Kept = true
	return append([]mechanisms.Trial{start}, f.trials[last.Seq:]...)
}

// Decided is how many trials were decided, the baseline and those that were cleared included.
func (s *Store) Decided() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fold.trials)
}

// Whole is View with every decided trial in it, whatever was cleared.
func (s *Store) Whole() wire.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fold.view(s.fold.trials)
}

// Incumbents is mechanisms.Incumbents of all trials of a run whose history was cleared at times: after a restart, a trial is
// measured against the one that the search resumed from.
func Incumbents(trials []mechanisms.Trial, restarts []Restart) []mechanisms.Trial {
	before := mechanisms.Incumbents(trials)
	for i, x := range restarts {
		end := len(trials)
		if i+1 < len(restarts) {
			end = restarts[i+1].Seq
		}
		standing := trials[x.From]
		for k := x.Seq; k < end; k++ {
			before[k] = standing
			if trials[k].Kept {
				standing = trials[k]
			}
		}
	}
	return before
}
