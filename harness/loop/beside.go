package loop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// A rehearsal asks two mechanisms the same questions and counts the answers.
type rehearsal struct{ Rehearsal }

// search lets the current mechanism search for that many trials after the default point, and asks the other beside it.
func (r *rehearsal) search(where string, v wire.View, trials int, train func(mechanisms.Point) mechanisms.Trial, current, shadow mechanisms.Entry) error {
	s, err := stage(without(v), current, shadow)
	if err != nil {
		return err
	}
	for seq := range trials + 1 {
		t := train(v.Space.Default())
		if seq > 0 {
			p, err := r.propose(s, where, seq)
			if err != nil {
				return fmt.Errorf("trial %d: %w", seq, err)
			}
			if t = unanswered(s.incumbent().Point); p != nil {
				t = train(p)
			}
		}
		t.Seq = seq
		if err := r.finish(s, where, t, false); err != nil {
			return fmt.Errorf("trial %d: %w", seq, err)
		}
	}
	return nil
}

// unanswered is the trial that it costs when the model gives no usable proposal.
func unanswered(p mechanisms.Point) mechanisms.Trial {
	return mechanisms.Trial{Point: p.Clone(), Status: mechanisms.NoAnswer, BPB: math.NaN(), Reason: mechanisms.ErrNoAnswer.Error(), By: "model"}
}

// without is a view before anything was tried.
func without(v wire.View) wire.View {
	v.Trials, v.Pending, v.Incumbent = nil, nil, -1
	return v
}

// stage sets both mechanisms up with the history of a view.
func stage(v wire.View, current, shadow mechanisms.Entry) (*session, error) {
	s := &session{view: v}
	var err error
	if s.current, err = newPlayer(current, nil, v.Trials); err != nil {
		return nil, err
	}
	if shadow.New != nil {
		if s.shadow, err = newPlayer(shadow, nil, v.Trials); err != nil {
			return nil, fmt.Errorf("mechanism %s, which is to be replaced: %w", shadow.Name, err)
		}
	}
	return s, nil
}

// propose asks both for trial seq, the current one twice: an answer that is not the same twice does not come from the view
// alone. The point is nil where the model gave the mechanism no usable proposal.
func (r *rehearsal) propose(s *session, where string, seq int) (mechanisms.Point, error) {
	is, err := ask(s, s.current, seq)
	if err != nil {
		return nil, err
	}
	if again, err := ask(s, s.current, seq); err != nil || !again.Equal(is) {
		return nil, fmt.Errorf("call of Propose is not deterministic: the same view and random stream gave first %v, then %v (%v)", is, again, err)
	}
	if s.shadow == nil {
		return is, nil
	}
	was, err := ask(s, s.shadow, seq)
	if err != nil {
		r.Errors++
		return is, nil
	}
	r.count(Example{Where: where, Seq: seq, What: "proposal", Is: s.changes(is), Was: s.changes(was)}, !is.Equal(was))
	return is, nil
}

// changes is a proposal in words.
func (s *session) changes(p mechanisms.Point) string {
	if p == nil {
		return "no answer of the model"
	}
	return s.view.Space.Diff(s.incumbent().Point, p)
}

// ask is nil where the model gave no usable proposal.
func ask(s *session, p *player, seq int) (mechanisms.Point, error) {
	v := s.viewFor(seq, "propose", nil)
	v.Suggest = s.standin(seq)
	q, _, err := p.propose(context.Background(), v)
	if errors.Is(err, mechanisms.ErrNoAnswer) {
		return nil, nil
	}
	return q.Point, err
}

// standin answers in the model's place, on a view of its own that is made when it is asked first: most decisions ask nobody.
func (s *session) standin(seq int) mechanisms.Suggest {
	var answer mechanisms.Suggest
	return func(ctx context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		if answer == nil {
			answer = standin.Suggest(s.viewFor(seq, "propose", nil), s.view.RunSeed)
		}
		return answer(ctx, h)
	}
}

// finish asks both whether to stop t early and whether to keep it, and lets both observe it: as recorded, or else as the
// mechanism decided.
func (r *rehearsal) finish(s *session, where string, t mechanisms.Trial, recorded bool) error {
	if err := r.prune(s, where, &t, recorded); err != nil {
		return err
	}
	kept := t.OK()
	if t.OK() && s.incumbent().OK() {
		var err error
		if kept, err = r.verdict(s, where, t); err != nil {
			return err
		}
	}
	if !recorded {
		t.Kept = kept
	}
	return s.take(t)
}

// prune asks both where they would stop t by its learning curve; the baseline is never stopped.
func (r *rehearsal) prune(s *session, where string, t *mechanisms.Trial, recorded bool) error {
	if len(s.view.Trials) == 0 || len(t.Curve) == 0 || !s.pruning() {
		return nil
	}
	q := mechanisms.Proposal{Seq: t.Seq, Point: t.Point, Why: t.Why, By: t.By, Restricted: t.Restricted}
	is, err := s.stops(s.current, q, t.Curve)
	if err != nil {
		return err
	}
	if s.shadow != nil {
		if was, err := s.stops(s.shadow, q, t.Curve); err != nil {
			r.Errors++
		} else {
			r.count(Example{Where: where, Seq: t.Seq, What: "pruning", Is: pruningWord(is), Was: pruningWord(was)}, is != was)
		}
	}
	if is > 0 && !recorded {
		t.Status, t.BPB, t.Reason = mechanisms.Pruned, math.NaN(), "stopped by the mechanism"
		t.Curve = slices.DeleteFunc(t.Curve, func(c mechanisms.Sample) bool { return c.Fraction > is })
	}
	return nil
}

// verdict asks both whether to keep t.
func (r *rehearsal) verdict(s *session, where string, t mechanisms.Trial) (kept bool, err error) {
	is, _, err := s.current.accept(s.viewFor(t.Seq, "accept", nil), cloneTrial(t))
	if err != nil || s.shadow == nil {
		return is, err
	}
	if was, _, err := s.shadow.accept(s.viewFor(t.Seq, "accept", nil), cloneTrial(t)); err != nil {
		r.Errors++
	} else {
		r.count(Example{Where: where, Seq: t.Seq, What: "verdict", Is: verdictWord(is), Was: verdictWord(was)}, is != was)
	}
	return is, nil
}

// take adds a decided trial to the session's view and lets both mechanisms observe it.
func (s *session) take(t mechanisms.Trial) error {
	s.view.Trials = append(s.view.Trials, t)
	if t.Kept {
		s.view.Incumbent = t.Seq
	}
	if _, err := s.current.observe(t); err != nil {
		return err
	}
	if err := s.current.reload(); err != nil {
		return err
	}
	if s.shadow != nil {
		if _, err := s.shadow.observe(t); err != nil {
			return fmt.Errorf("mechanism %s, which is to be replaced: %w", s.shadow.entry.Name, err)
		}
	}
	return nil
}

// reload puts the state through JSON, as a restart does.
func (p *player) reload() error {
	q, err := newPlayer(p.entry, p.state, nil)
	if err != nil {
		return err
	}
	if !bytes.Equal(p.state, q.state) {
		return &failure{"load", fmt.Errorf("the state is not the same after JSON: stored %.200s, loaded %.200s", p.state, q.state)}
	}
	p.m = q.m
	return nil
}

func (r *rehearsal) count(e Example, differs bool) {
	r.Decisions++
	if !differs {
		return
	}
	r.Differs++
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, e)
	}
}

func verdictWord(kept bool) string {
	if kept {
		return "keep"
	}
	return "discard"
}

func pruningWord(at float64) string {
	if at > 0 {
		return fmt.Sprintf("stop at %.3g %%", 100*at)
	}
	return "let it run"
}
