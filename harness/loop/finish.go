package loop

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// finish waits for the oldest trial in training, decides about it and records the decision. Trials are decided in Seq
// order whichever ends first, so that the trace does not depend on how fast a trainer is.
func (s *session) finish(st wire.Start) error {
	seq := st.Proposal.Seq
	t, err := s.await(st)
	if err != nil {
		return s.fault(seq, err)
	}
	d := wire.Decide{Seq: seq}
	s.comparePruning(&d, st.Proposal, t)
	if err := s.decide(&d, &t); err != nil {
		return s.fault(seq, err)
	}
	s.view.Pending = s.view.Pending[1:]
	s.view.Trials = append(s.view.Trials, t)
	if t.Kept {
		s.view.Incumbent = seq
	}
	if err := s.observe(&d, t); err != nil {
		return s.fault(seq, err)
	}
	_, err = s.c.ask(wire.Message{Decide: &d})
	return err
}

// await returns the finished trial, showing its learning curve to a Pruner as it grows.
func (s *session) await(st wire.Start) (mechanisms.Trial, error) {
	seq, seen := st.Proposal.Seq, -1
	if s.current.prunes() && seq > 0 {
		seen = 0
	}
	var curve []mechanisms.Sample
	for {
		a, err := s.c.ask(wire.Message{Await: &wire.Await{Seq: seq, Curve: seen}})
		if err != nil {
			return mechanisms.Trial{}, err
		}
		switch {
		case a.Outcome == nil || a.Outcome.Trial == nil && len(a.Outcome.Curve) == 0:
			return mechanisms.Trial{}, fmt.Errorf("answer to await of trial %d: neither a trial nor a curve in it", seq)
		case a.Outcome.Trial != nil:
			t := *a.Outcome.Trial
			if !t.OK() {
				t.BPB = math.NaN()
			}
			return t, nil
		}
		for _, p := range a.Outcome.Curve {
			curve = append(curve, p)
			seen++
			stop, err := s.current.prune(s.viewFor(seq, "prune", nil), st.Proposal, append([]mechanisms.Sample(nil), curve...))
			if err != nil {
				return mechanisms.Trial{}, err
			}
			if stop {
				if _, err := s.c.ask(wire.Message{Prune: &wire.Prune{Seq: seq, At: p.Fraction}}); err != nil {
					return mechanisms.Trial{}, err
				}
				seen = -1
				break
			}
		}
	}
}

// decide sets t.Kept. The first complete trial is the incumbent because there is no other; nothing is asked then.
func (s *session) decide(d *wire.Decide, t *mechanisms.Trial) error {
	if !t.OK() {
		return nil
	}
	if !s.incumbent().OK() {
		t.Kept, d.Kept = true, true
		return nil
	}
	kept, took, err := s.current.accept(s.viewFor(t.Seq, "accept", nil), cloneTrial(*t))
	if err != nil {
		return err
	}
	t.Kept, d.Kept, d.AcceptNS = kept, kept, took.Nanoseconds()
	if s.shadow == nil {
		return nil
	}
	if would, _, err := s.shadow.accept(s.viewFor(t.Seq, "accept", nil), cloneTrial(*t)); err != nil {
		d.ShadowError = err.Error()
	} else {
		d.ShadowKept = &would
	}
	return nil
}

// observe tells both mechanisms, and puts their states into the decision. A shadow that fails is dropped from then on; the
// record says so.
func (s *session) observe(d *wire.Decide, t mechanisms.Trial) error {
	took, err := s.current.observe(t)
	if err != nil {
		return err
	}
	d.ObserveNS, d.State = took.Nanoseconds(), s.current.state
	if s.shadow == nil {
		return nil
	}
	if _, err := s.shadow.observe(t); err != nil {
		d.ShadowError = err.Error()
		s.shadow = nil
		return nil
	}
	d.ShadowState = s.shadow.state
	return nil
}
