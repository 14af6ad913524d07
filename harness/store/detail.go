package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// A Detail is all that is recorded of one trial, for reports. What had not happened when it was read is zero.
type Detail struct {
	Seq       int           `json:"seq"`
	Mechanism string        `json:"mechanism"` // in charge when it was proposed
	Start     wire.Start    `json:"start"`     // the proposal, and what the shadow would have proposed
	Outcome   *task.Outcome `json:"outcome,omitempty"`
	Memo      bool          `json:"memo,omitempty"` // nothing was trained: an equal trial was on record

	Decided    bool   `json:"decided"`
	DecidedBy  string `json:"decided_by,omitempty"` // in charge when it was decided
	Kept       bool   `json:"kept"`
	ShadowKept *bool  `json:"shadow_kept,omitempty"`
	// ShadowError says how the shadow failed at the verdict or at learning; then its verdict is not counted.
	ShadowError string        `json:"shadow_error,omitempty"`
	Pruning     *wire.Pruning `json:"pruning,omitempty"` // where it was stopped, and where the shadow would have stopped it

	Proposed time.Time `json:"proposed"` // when each was recorded
	Finished time.Time `json:"finished,omitzero"`
	Settled  time.Time `json:"settled,omitzero"`

	ProposeNS int64 `json:"propose_ns"` // nanoseconds in the mechanism's methods, the model's time included
	AcceptNS  int64 `json:"accept_ns"`
	ObserveNS int64 `json:"observe_ns"`
}

// Details returns what is recorded of every trial, in Seq order.
func (s *Store) Details() ([]Detail, error) {
	events, err := s.log.list(which{kinds: []string{kindPropose, kindOutcome, kindDecide}})
	if err != nil {
		return nil, err
	}
	var all []Detail
	for _, e := range events {
		if e.Kind == kindPropose {
			all = append(all, Detail{Seq: len(all)})
		}
		if err := detail(all, e); err != nil {
			return nil, fmt.Errorf("read run %s: event %d: %w: %w", s.dir, e.ID, err, ErrCorrupt)
		}
	}
	return all, nil
}

// detail adds an event to what is known of its trial. The fold has checked that every event follows its proposal.
func detail(all []Detail, e Event) error {
	switch e.Kind {
	case kindPropose:
		var body proposal
		var note proposalNote
		if err := decode(e, &body, &note); err != nil {
			return err
		}
		d := &all[body.Start.Proposal.Seq]
		d.Mechanism, d.Start, d.ProposeNS, d.Proposed = body.Mechanism, body.Start, note.ProposeNS, e.At
	case kindOutcome:
		var body outcome
		var note outcomeNote
		if err := decode(e, &body, &note); err != nil {
			return err
		}
		d := &all[body.Seq]
		d.Outcome, d.Memo, d.Finished = &body.Outcome, note.Memo, e.At
		d.Outcome.Result.Seconds, d.Outcome.Result.Extra = note.Seconds, note.Extra
	case kindDecide:
		var body decision
		var note decisionNote
		if err := decode(e, &body, &note); err != nil {
			return err
		}
		d := &all[body.Seq]
		d.Decided, d.DecidedBy, d.Kept, d.ShadowKept, d.ShadowError, d.Settled = true, body.Mechanism, body.Kept, body.ShadowKept, body.ShadowError, e.At
		d.Pruning, d.AcceptNS, d.ObserveNS = body.Pruning, note.AcceptNS, note.ObserveNS
	}
	return nil
}

func decode(e Event, body, note any) error {
	if err := json.Unmarshal(e.Body, body); err != nil {
		return err
	}
	return json.Unmarshal(e.Note, note)
}
