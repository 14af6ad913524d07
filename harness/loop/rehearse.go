package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// A Rehearsal is what a mechanism would have decided on a recorded trace, and then in a search of its own on a made-up
// landscape, each beside the mechanism it is to replace. The inner model's part is played by package standin. Nothing in it
// depends on time: two rehearsals of one binary on one input are equal.
type Rehearsal struct {
	Decisions int       `json:"decisions"`          // asked of both
	Differs   int       `json:"differs"`            // where they decided otherwise
	Errors    int       `json:"errors"`             // where the replaced mechanism failed; counted as neither
	Error     string    `json:"error,omitempty"`    // of the mechanism itself; it ends the rehearsal
	Examples  []Example `json:"examples,omitempty"` // the first few differences
	Next      string    `json:"next,omitempty"`     // what it would propose now, on the live view
}

// An Example is a decision that the two mechanisms took otherwise.
type Example struct {
	Where string `json:"where"` // "trace" or "landscape"
	Seq   int    `json:"seq"`
	What  string `json:"what"` // "proposal" or "verdict"
	Is    string `json:"is"`
	Was   string `json:"was"` // what the replaced mechanism decided
}

// maxExamples bounds what a rehearsal prints.
const maxExamples = 6

// landscapeTrials is how long the search on the made-up landscape is: as long as a run.
const landscapeTrials = 30

func rehearse(current, shadow mechanisms.Entry, in io.Reader, out io.Writer) error {
	var w wire.Welcome
	if err := json.NewDecoder(in).Decode(&w); err != nil {
		return fmt.Errorf("rehearse: no welcome message on standard input: %w", err)
	}
	r := &rehearsal{}
	err := r.onTrace(w.View, current, shadow)
	if err == nil {
		err = r.onLandscape(w.View, current, shadow)
	}
	if err != nil {
		r.Error = err.Error()
	}
	return printJSON(out, r.Rehearsal)
}

type rehearsal struct{ Rehearsal }

// onTrace asks both mechanisms about every recorded trial, as it was when it was decided, and for the next proposal. Where
// nothing was tried yet, nobody would be asked: the default is trained first.
func (r *rehearsal) onTrace(v wire.View, current, shadow mechanisms.Entry) error {
	if len(v.Trials) == 0 {
		return nil
	}
	s, err := stage(v, current, shadow)
	if err != nil {
		return err
	}
	for _, t := range v.Trials {
		if len(s.view.Trials) > 0 {
			if _, err := r.propose(s, "trace", t.Seq); err != nil {
				return fmt.Errorf("on the recorded trace, trial %d: %w", t.Seq, err)
			}
		}
		kept := t.Kept
		if err := r.verdict(s, "trace", &t, &kept); err != nil {
			return fmt.Errorf("on the recorded trace, trial %d: %w", t.Seq, err)
		}
	}
	next, err := r.propose(s, "trace", s.nextSeq())
	if err != nil {
		return fmt.Errorf("on the live view: %w", err)
	}
	r.Next = s.view.Space.Diff(s.incumbent().Point, next)
	return nil
}

// onLandscape lets the mechanism search for itself.
func (r *rehearsal) onLandscape(v wire.View, current, shadow mechanisms.Entry) error {
	v.Trials, v.Pending, v.Incumbent, v.Steer = nil, nil, -1, mechanisms.Steering{}
	s, err := stage(v, current, shadow)
	if err != nil {
		return err
	}
	value := landscape(v.Space, v.RunSeed)
	for seq := range landscapeTrials + 1 {
		p := v.Space.Default()
		if seq > 0 {
			if p, err = r.propose(s, "landscape", seq); err != nil {
				return fmt.Errorf("on a made-up landscape, trial %d: %w", seq, err)
			}
		}
		t := value(p)
		t.Seq = seq
		if err := r.verdict(s, "landscape", &t, nil); err != nil {
			return fmt.Errorf("on a made-up landscape, trial %d: %w", seq, err)
		}
	}
	return nil
}

// stage sets both mechanisms up with no history.
func stage(v wire.View, current, shadow mechanisms.Entry) (*session, error) {
	v.Trials, v.Pending, v.Incumbent = nil, nil, -1
	s := &session{view: v}
	var err error
	if s.current, err = newPlayer(current, nil, nil); err != nil {
		return nil, err
	}
	if shadow.New != nil {
		if s.shadow, err = newPlayer(shadow, nil, nil); err != nil {
			return nil, fmt.Errorf("mechanism %s, which is to be replaced: %w", shadow.Name, err)
		}
	}
	return s, nil
}

// propose asks both for trial seq, twice each: an answer that is not the same twice does not come from the view alone.
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
	from := s.incumbent().Point
	r.count(Example{Where: where, Seq: seq, What: "proposal", Is: s.view.Space.Diff(from, is), Was: s.view.Space.Diff(from, was)}, !is.Equal(was))
	return is, nil
}

func ask(s *session, p *player, seq int) (mechanisms.Point, error) {
	v := s.viewFor(seq, "propose", nil)
	v.Suggest = standin.Suggest(s.viewFor(seq, "propose", nil), s.view.RunSeed)
	q, _, err := p.propose(context.Background(), v)
	return q.Point, err
}

// verdict asks both whether to keep t, records it as recorded (or, where kept is nil, as the mechanism says), and lets
// both observe it.
func (r *rehearsal) verdict(s *session, where string, t *mechanisms.Trial, kept *bool) error {
	if t.OK() && s.incumbent().OK() {
		is, _, err := s.current.accept(s.viewFor(t.Seq, "accept", nil), cloneTrial(*t))
		if err != nil {
			return err
		}
		t.Kept = is
		if s.shadow != nil {
			if was, _, err := s.shadow.accept(s.viewFor(t.Seq, "accept", nil), cloneTrial(*t)); err != nil {
				r.Errors++
			} else {
				r.count(Example{Where: where, Seq: t.Seq, What: "verdict", Is: verdictWord(is), Was: verdictWord(was)}, is != was)
			}
		}
	} else {
		t.Kept = t.OK()
	}
	if kept != nil {
		t.Kept = *kept
	}
	return s.take(*t)
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
