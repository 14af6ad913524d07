package mechtest

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// seed of every stream of the kit; any other would do.
const seed = 20260323

// A record is everything that one mechanism was asked and answered in one scenario.
type record struct {
	scenario scenario
	entry    mechanisms.Entry
	fresh    []byte // the state of a new value, before the search
	moments  []moment
	trials   []mechanisms.Trial
	saveErr  error // the state could not be written; the search ended there
}

// stopped reports whether the search ended early, by a panic or a state that cannot be written.
func (r *record) stopped() bool {
	return r.saveErr != nil || len(r.moments) > 0 && r.moments[len(r.moments)-1].panic != ""
}

// trace is every answer in order, for comparing searches.
func (r *record) trace() string {
	var b strings.Builder
	for _, mo := range r.moments {
		if mo.call != "Observe" {
			fmt.Fprintf(&b, "%s of trial %d: %s\n", mo.call, mo.seq, mo.answer)
		}
	}
	return b.String()
}

// live drives a new mechanism through a scenario: fill the slots with proposals, finish the oldest, and so on.
func live(e mechanisms.Entry, s scenario) *record {
	r := &record{scenario: s, entry: e, moments: make([]moment, 0, 3*(s.inherited+s.trials))} // more where it prunes
	m := e.New()
	if r.fresh, r.saveErr = save(m); r.saveErr != nil {
		return r
	}
	run := session{r, m, s.begin(), r.fresh}
	for _, t := range inherit(s) {
		if !run.observe(t) {
			return r
		}
	}
	first := run.view.Seq
	for done := range s.trials {
		for len(run.view.Pending) < s.parallel && run.view.Seq < first+s.trials {
			if !run.propose() {
				return r
			}
		}
		if !run.finish(done) {
			return r
		}
	}
	return r
}

// A session is a search in progress. The view is as the next decision will see it, without streams.
type session struct {
	*record
	m     mechanisms.Mechanism
	view  mechanisms.View // the mechanism is given copies of it only, so moments may share what is in it
	state []byte          // after the last call
}

// propose asks for the next point and leaves it pending. It reports whether the search can go on, as do the calls below.
func (s *session) propose() bool {
	s.view.Steer.Frozen = s.scenario.steered(s.view.Seq)
	mo, ok := s.call(moment{call: "Propose", seq: s.view.Seq, view: s.view})
	if !ok {
		return false
	}
	p := mo.proposal
	p.Seq = s.view.Seq
	if p.By == "" {
		p.By = s.entry.Name
	}
	if mo.err != nil {
		p.Point = nil
	}
	s.view.Pending = append(s.view.Pending[:len(s.view.Pending):len(s.view.Pending)], p)
	s.view.Seq++
	return true
}

// finish trains the oldest pending proposal, asks whether it is accepted, and tells it.
func (s *session) finish(n int) bool {
	p := s.view.Pending[0]
	s.view.Pending = s.view.Pending[1:]
	t := outcome(s.scenario, s.view.Space, p, n)
	at := s.view
	at.Seq = t.Seq
	for k := range t.Curve {
		mo, ok := s.call(moment{call: "Prune", seq: t.Seq, view: at, proposal: p, trial: mechanisms.Trial{Curve: t.Curve[:k+1]}})
		if !ok {
			return false
		}
		if mo.answer == "true" {
			t.Status, t.BPB, t.Curve = mechanisms.Pruned, math.NaN(), t.Curve[:k+1]
			break
		}
	}
	if t.OK() {
		mo, ok := s.call(moment{call: "Accept", seq: t.Seq, view: at, trial: t})
		if !ok {
			return false
		}
		t.Kept = mo.answer == "true"
	}
	return s.observe(t)
}

// observe tells the mechanism a trial and moves the view past it.
func (s *session) observe(t mechanisms.Trial) bool {
	if _, ok := s.call(moment{call: "Observe", seq: t.Seq, trial: t}); !ok {
		return false
	}
	s.trials = append(s.trials, t)
	s.view.Trials = s.trials[:len(s.trials):len(s.trials)]
	if t.Kept {
		s.view.Incumbent = t
	}
	s.view.Seq = max(s.view.Seq, t.Seq+1)
	return true
}

// call makes one call of the living mechanism, with its state before and after, and asks a second time what does not learn.
func (s *session) call(mo moment) (moment, bool) {
	if _, ok := s.m.(mechanisms.Pruner); mo.call == "Prune" && !ok {
		return moment{}, true
	}
	mo.entry, mo.scenario, mo.before = s.entry, s.scenario, s.state
	mo.answer, mo.panic = mo.ask(s.m)
	if mo.panic == "" && mo.call != "Observe" {
		again := mo
		mo.again, _ = again.ask(s.m)
	}
	mo.after, s.saveErr = save(s.m)
	s.state = mo.after
	s.moments = append(s.moments, mo)
	return mo, s.saveErr == nil && mo.panic == ""
}

// begin is the view before the first decision: the space, what is frozen, and nothing tried.
func (s scenario) begin() mechanisms.View {
	return mechanisms.View{
		Last:    s.inherited + s.trials,
		Space:   s.space,
		Steer:   mechanisms.Steering{Frozen: s.frozen, Strategy: "balanced", Guidance: "Prefer small steps."},
		Lessons: []mechanisms.Lesson{{Text: "A higher rate helped.", Param: s.space.Params[0].Name, Direction: 1, Effect: -0.01, Confidence: 0.5}, {Text: "Nothing is certain.", Param: "NOT_IN_THIS_SPACE"}},
		Noise:   0.001,
	}
}

// errMute is the error of a mute scenario, apart from those that a mechanism's own hint brings about.
var errMute = fmt.Errorf("%w: mute", mechanisms.ErrNoAnswer)

// suggest is the stand-in, or in a mute scenario one that often errs; it notes in mo the hints, and how many were answered.
func (s scenario) suggest(mo *moment) mechanisms.Suggest {
	ask := standin.Suggest(mo.view, seed)
	return func(ctx context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		mo.hints = append(mo.hints, h)
		if s.mute && ((mo.view.Seq+len(mo.hints))%2 == 0 || mo.view.Seq%5 == 0) {
			return mechanisms.Proposal{}, errMute
		}
		p, err := ask(ctx, h)
		if err == nil {
			mo.answered++
		}
		return p, err
	}
}
