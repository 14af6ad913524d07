package store

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/seed161a02ea/bilevel/harness/noise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// An Anchor is a point trained again, to see by how much its value differs from before. It is no trial: no mechanism proposed
// it, none decides about it, and the run's trials are counted without it.
type Anchor struct {
	N       int          `json:"n"`      // counts the anchors of the run from 1
	Of      int          `json:"of"`     // Seq of the trial that tried the point first: 0 for the default point
	Before  int          `json:"before"` // Seq of the trial that was proposed next
	Outcome task.Outcome `json:"outcome"`
}

// anchorsTell is how many degrees of freedom the estimate of the noise must have before it takes the place of what the task
// says of itself: with one it is as good as unknown (its interval spans a factor of 70).
const anchorsTell = 2

// RecordAnchor records a point trained again.
func (s *Store) RecordAnchor(a Anchor) error {
	note := outcomeNote{Seconds: a.Outcome.Result.Seconds, Extra: a.Outcome.Result.Extra}
	a.Outcome.Result.Seconds, a.Outcome.Result.Extra = 0, nil
	return s.record(kindAnchor, strconv.Itoa(a.N), a, note)
}

func (f *fold) anchor(a Anchor) error {
	switch {
	case a.N != len(f.anchors)+1:
		return fmt.Errorf("the next anchor is %d", len(f.anchors)+1)
	case a.Of < 0 || a.Of >= len(f.trials):
		return fmt.Errorf("it repeats trial %d, which is not decided", a.Of)
	}
	f.anchors = append(f.anchors, a)
	return nil
}

// Anchors returns the points that were trained again, in order, with their times of training.
func (s *Store) Anchors() ([]Anchor, error) {
	events, err := s.EventsOf(kindAnchor)
	if err != nil {
		return nil, err
	}
	all := make([]Anchor, len(events))
	for i, e := range events {
		var note outcomeNote
		if err := decode(e, &all[i], &note); err != nil {
			return nil, fmt.Errorf("read run %s: anchor %s: %w: %w", s.dir, e.Key, err, ErrCorrupt)
		}
		all[i].Outcome.Result.Seconds, all[i].Outcome.Result.Extra = note.Seconds, note.Extra
	}
	return all, nil
}

// Anchored is how many anchors are on record.
func (s *Store) Anchored() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fold.anchors)
}

// Measurements returns the values of every point that was trained again: the trial's own and the anchors'.
func (s *Store) Measurements() []noise.Measurement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fold.measurements()
}

// measurements begin with the trial that tried the point first. Only the default point was not chosen for its value.
func (f *fold) measurements() []noise.Measurement {
	var all []noise.Measurement
	var seen []int
	for _, a := range f.anchors {
		if first := f.trials[a.Of]; !slices.Contains(seen, a.Of) && first.OK() {
			seen = append(seen, a.Of)
			all = append(all, noise.Measurement{Of: a.Of, At: float64(a.Of), Value: first.BPB, Chosen: a.Of != 0})
		}
		if a.Outcome.Status == mechanisms.Complete {
			all = append(all, noise.Measurement{Of: a.Of, At: float64(a.Before), Value: a.Outcome.Result.BPB})
		}
	}
	return all
}

// noise is what the anchors show, and until they show enough what the task says of itself.
func (f *fold) noise() float64 {
	if e := noise.Pooled(f.measurements()); e.DF >= anchorsTell {
		return e.SD
	}
	return f.meta.Noise
}

// again is what training the incumbent again gave.
func (f *fold) again() *wire.Again {
	if f.incumbent < 0 || f.incumbent >= len(f.trials) {
		return nil
	}
	a := wire.Again{Seq: f.incumbent, Times: 1, BPB: f.trials[f.incumbent].BPB}
	for _, x := range f.anchors {
		if x.Of == f.incumbent && x.Outcome.Status == mechanisms.Complete {
			a.Times++
			a.BPB += (x.Outcome.Result.BPB - a.BPB) / float64(a.Times)
		}
	}
	if a.Times == 1 {
		return nil
	}
	return &a
}
