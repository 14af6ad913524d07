package store

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// decision is the body of a decide event: wire.Decide with its states as text, for people who read the record, and without
// the times, which go to the note.
type decision struct {
	Seq         int           `json:"seq"`
	Mechanism   string        `json:"mechanism"` // in charge when it was made
	Kept        bool          `json:"kept"`
	State       string        `json:"state"` // JSON of the mechanism after it observed the trial, byte for byte
	ShadowKept  *bool         `json:"shadow_kept,omitempty"`
	ShadowState string        `json:"shadow_state,omitempty"`
	ShadowError string        `json:"shadow_error,omitempty"`
	Pruning     *wire.Pruning `json:"pruning,omitempty"`

	tenure int // how many switches came before
}

// decisionNote is the note of a decide event, in nanoseconds.
type decisionNote struct {
	AcceptNS  int64 `json:"accept_ns"`
	ObserveNS int64 `json:"observe_ns"`
}

// proposalNote is the note of a propose event.
type proposalNote struct {
	ProposeNS int64 `json:"propose_ns"` // nanoseconds, the model's time included
}

// outcomeNote is the note of an outcome event.
type outcomeNote struct {
	Seconds float64           `json:"seconds"` // of training
	Memo    bool              `json:"memo"`    // nothing was trained: an equal trial was on record
	Extra   map[string]string `json:"extra,omitempty"`
}

// RecordProposal records what the mechanism in charge proposed. Proposals come in Seq order from 0.
func (s *Store) RecordProposal(mechanism string, start wire.Start) error {
	note := proposalNote{ProposeNS: start.ProposeNS}
	start.ProposeNS = 0
	return s.record(kindPropose, strconv.Itoa(start.Proposal.Seq), proposal{Mechanism: mechanism, Start: start}, note)
}

func (f *fold) propose(p proposal) error {
	if p.Start.Proposal.Seq != len(f.proposals) {
		return fmt.Errorf("the next proposal is %d", len(f.proposals))
	}
	if p.Mechanism != f.inCharge() {
		return fmt.Errorf("%s proposes, but %s is in charge; record the switch first", p.Mechanism, f.inCharge())
	}
	p.tenure = len(f.switches)
	f.proposals = append(f.proposals, p)
	return nil
}

// outcome is the body of an outcome event.
type outcome struct {
	Seq int `json:"seq"`
	task.Outcome
}

// RecordOutcome records what became of a proposed trial. memo says that it was not trained now but looked up.
func (s *Store) RecordOutcome(seq int, o task.Outcome, memo bool) error {
	note := outcomeNote{Seconds: o.Result.Seconds, Memo: memo, Extra: o.Result.Extra}
	o.Result.Seconds, o.Result.Extra = 0, nil
	return s.record(kindOutcome, strconv.Itoa(seq), outcome{Seq: seq, Outcome: o}, note)
}

func (f *fold) finish(o outcome) error {
	if o.Seq < 0 || o.Seq >= len(f.proposals) {
		return fmt.Errorf("it was not proposed; the next proposal is %d", len(f.proposals))
	}
	if _, before := f.outcomes[o.Seq]; before {
		return errors.New("it has an outcome already")
	}
	f.outcomes[o.Seq] = o.Outcome
	if o.Content != "" && o.Deterministic() {
		f.memo[o.Content] = o.Seq
	}
	return nil
}

// RecordDecision records what was decided about a finished trial, the mechanism's state after it, and the events that
// belong to it, in one transaction. Decisions come in Seq order from 0.
func (s *Store) RecordDecision(mechanism string, d wire.Decide, more ...Event) error {
	if !utf8.Valid(d.State) || !utf8.Valid(d.ShadowState) {
		return fmt.Errorf("record decide %d: the state is not UTF-8, so it is not JSON", d.Seq)
	}
	e, err := newEvent(kindDecide, strconv.Itoa(d.Seq), decision{
		Seq: d.Seq, Mechanism: mechanism, Kept: d.Kept, State: string(d.State),
		ShadowKept: d.ShadowKept, ShadowState: string(d.ShadowState), ShadowError: d.ShadowError, Pruning: d.Pruning,
	}, decisionNote{AcceptNS: d.AcceptNS, ObserveNS: d.ObserveNS})
	if err != nil {
		return err
	}
	return s.Record(append([]Event{e}, more...)...)
}

func (f *fold) decide(d decision) error {
	if d.Seq != len(f.decisions) {
		return fmt.Errorf("the next decision is about trial %d", len(f.decisions))
	}
	if d.Mechanism != f.inCharge() {
		return fmt.Errorf("%s decides, but %s is in charge; record the switch first", d.Mechanism, f.inCharge())
	}
	t, finished := f.trial(d.Seq)
	if !finished {
		return errors.New("the trial has no outcome yet")
	}
	t.Kept = d.Kept
	if d.Kept {
		f.incumbent = d.Seq
	}
	f.trials = append(f.trials, t)
	if n := len(f.decisions); n > 0 { // only the last state is of use; the others stay in the record
		f.decisions[n-1].State, f.decisions[n-1].ShadowState = "", ""
	}
	d.tenure = len(f.switches)
	f.decisions = append(f.decisions, d)
	return nil
}

// trial joins a proposal and its outcome; Kept is not decided here.
func (f *fold) trial(seq int) (mechanisms.Trial, bool) {
	o, ok := f.outcomes[seq]
	if !ok {
		return mechanisms.Trial{}, false
	}
	p := f.proposals[seq].Start.Proposal
	t := mechanisms.Trial{
		Seq: seq, Point: p.Point.Clone(), Status: o.Status, BPB: math.NaN(), Reason: o.Reason, By: p.By, Restricted: p.Restricted, Why: p.Why,
		Curve: slices.Clone(o.Result.Curve), Steps: o.Result.Steps, Tokens: o.Result.Tokens,
	}
	if o.Status == mechanisms.Complete {
		t.BPB = o.Result.BPB
	}
	return t, true
}

// Finished returns trial seq with Kept not yet decided, or false when it has no outcome yet.
func (s *Store) Finished(seq int) (mechanisms.Trial, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fold.trial(seq)
}

// Outcome returns what became of trial seq, or false when that is not recorded yet. Its wall times are in the event's note.
func (s *Store) Outcome(seq int) (task.Outcome, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.fold.outcomes[seq]
	return o, ok
}

// Trained returns the outcome of a trial of this run with the same content.
func (s *Store) Trained(content string) (task.Outcome, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq, ok := s.fold.memo[content]
	return s.fold.outcomes[seq], ok && content != ""
}
