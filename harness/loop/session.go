package loop

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A session is the inner loop of one runner image: from its Hello to the order to stop or to exec.
type session struct {
	c       asker
	current *player
	shadow  *player // nil when the mechanism in charge replaced none
	view    wire.View
}

// run asks, trains and decides until the supervisor says stop or exec. The returned Exec is nil for stop.
func (s *session) run(ctx context.Context) (*wire.Exec, error) {
	for {
		exec, stop, err := s.fill(ctx)
		if exec != nil || stop || err != nil {
			return exec, err
		}
		if err := s.finish(s.view.Pending[0]); err != nil {
			return nil, err
		}
	}
}

// fill proposes until as many trials are in training as may be. Nothing is proposed beside the baseline: a mechanism has
// no incumbent before it.
func (s *session) fill(ctx context.Context) (exec *wire.Exec, stop bool, err error) {
	for len(s.view.Pending) < max(1, s.view.Parallel) && !(len(s.view.Trials) == 0 && len(s.view.Pending) == 1) {
		seq := s.nextSeq()
		if seq > s.view.Limit && len(s.view.Pending) > 0 {
			return nil, false, nil
		}
		a, err := s.c.ask(wire.Message{Next: &wire.Next{Seq: seq}})
		if err != nil {
			return nil, false, err
		}
		g := a.Go
		if g == nil {
			return nil, false, fmt.Errorf("answer to next: no go in it")
		}
		if g.Stop || g.Exec != nil {
			return g.Exec, g.Stop, nil
		}
		if g.Restart != nil {
			if err := s.restart(*g.Restart); err != nil {
				return nil, false, s.fault(seq, err)
			}
			continue
		}
		s.view.Steer, s.view.Lessons, s.view.Noise, s.view.Again = g.Steer, g.Lessons, g.Noise, g.Again
		if err := s.start(ctx, seq); err != nil {
			return nil, false, err
		}
	}
	return nil, false, nil
}

func (s *session) nextSeq() int { return s.view.Next() }

// restart goes on as a runner does that is started with this view: neither mechanism knows anything of before.
func (s *session) restart(v wire.View) (err error) {
	if s.shadow != nil {
		if s.shadow, err = newPlayer(s.shadow.entry, nil, v.Trials); err != nil {
			return fmt.Errorf("mechanism %s, which %s replaced: %w", s.shadow.entry.Name, s.current.entry.Name, err)
		}
	}
	s.view = v
	s.current, err = newPlayer(s.current.entry, nil, v.Trials)
	return err
}

// start proposes trial seq and has it trained.
func (s *session) start(ctx context.Context, seq int) error {
	st := wire.Start{Proposal: mechanisms.Proposal{Seq: seq, Point: s.view.Space.Default(), By: "default", Why: "baseline"}}
	if seq > 0 {
		var err error
		if st, err = s.propose(ctx, seq); err != nil {
			return s.fault(seq, err)
		}
	}
	if _, err := s.c.ask(wire.Message{Start: &st}); err != nil {
		return err
	}
	s.view.Pending = append(s.view.Pending, st)
	return nil
}

// propose asks the mechanism in charge, and then the one it replaced on the same view and stream.
func (s *session) propose(ctx context.Context, seq int) (wire.Start, error) {
	q, took, err := s.current.propose(ctx, s.viewFor(seq, "propose", s.suggest(seq, false)))
	st := wire.Start{Proposal: q, ProposeNS: took.Nanoseconds()}
	switch {
	case errors.Is(err, errGone):
		return st, err
	case errors.Is(err, mechanisms.ErrNoAnswer):
		st.Proposal = mechanisms.Proposal{Point: s.incumbent().Point.Clone(), By: "model"}
		st.Status, st.Reason = mechanisms.NoAnswer, err.Error()
	case err != nil:
		return st, err
	}
	st.Proposal.Seq = seq
	if st.Proposal.By == "" {
		st.Proposal.By, st.Proposal.Restricted = s.current.entry.Name, "" // it may have asked before it chose for itself
	}
	if s.shadow != nil {
		st.Shadow = s.ask(ctx, seq)
	}
	return st, nil
}

// ask finds what the replaced mechanism would have proposed. Its failures are recorded, never the run's.
func (s *session) ask(ctx context.Context, seq int) *wire.ShadowProposal {
	q, _, err := s.shadow.propose(ctx, s.viewFor(seq, "propose", s.suggest(seq, true)))
	switch {
	case errors.Is(err, errUnasked):
		return &wire.ShadowProposal{Unasked: true}
	case err != nil:
		return &wire.ShadowProposal{Error: err.Error()}
	}
	return &wire.ShadowProposal{Point: q.Point}
}

// errUnasked is what a shadow's Suggest returns when its question was not put to a paid model.
var errUnasked = errors.New("not asked")

// suggest makes the View's Suggest for one decision.
func (s *session) suggest(seq int, shadow bool) mechanisms.Suggest {
	call := 0
	return func(_ context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		a, err := s.c.ask(wire.Message{Suggest: &wire.Suggest{Seq: seq, Call: call, Hint: h, Shadow: shadow, Steer: s.view.Steer}})
		call++
		switch {
		case err != nil:
			return mechanisms.Proposal{}, err
		case a.Suggestion == nil:
			return mechanisms.Proposal{}, errors.New("answer to suggest: no suggestion in it")
		case a.Suggestion.Unasked:
			return mechanisms.Proposal{}, errUnasked
		case a.Suggestion.Error != "":
			return mechanisms.Proposal{}, fmt.Errorf("%w: %s", mechanisms.ErrNoAnswer, a.Suggestion.Error)
		}
		return a.Suggestion.Proposal, nil
	}
}

// viewFor makes the view of one decision. It is made anew for each call, so that nothing a mechanism does to it lasts.
func (s *session) viewFor(seq int, method string, suggest mechanisms.Suggest) mechanisms.View {
	v := mechanisms.View{
		Seq: seq, Last: s.view.Limit, Space: cloneSpace(s.view.Space), Incumbent: cloneTrial(s.incumbent()), Steer: s.view.Steer,
		Lessons: slices.Clone(s.view.Lessons), Noise: s.view.Noise, Rand: mechanisms.Stream(s.view.RunSeed, seq, method), Suggest: suggest,
	}
	v.Steer.Frozen = slices.Clone(v.Steer.Frozen)
	v.Trials = cloneTrials(s.view.Trials)
	for _, p := range s.view.Pending {
		q := p.Proposal
		q.Point = q.Point.Clone()
		if q.Seq != seq {
			v.Pending = append(v.Pending, q)
		}
	}
	return v
}

func (s *session) incumbent() mechanisms.Trial { return s.view.Judged() }

// fault reports that the mechanism in charge failed. The supervisor replaces this process; it never answers with a way on.
func (s *session) fault(seq int, cause error) error {
	if errors.Is(cause, errGone) {
		return cause
	}
	f := wire.Fault{Seq: seq, Error: cause.Error()}
	var fail *failure
	if errors.As(cause, &fail) {
		f.Call, f.Error = fail.call, fail.err.Error()
	}
	if _, err := s.c.ask(wire.Message{Fault: &f}); err != nil {
		return err
	}
	return fmt.Errorf("mechanism %s: trial %d: %w", s.current.entry.Name, seq, cause)
}

func cloneSpace(s mechanisms.Space) mechanisms.Space {
	s.Params = slices.Clone(s.Params)
	s.Constraints = slices.Clone(s.Constraints)
	return s
}
