package evolve

import (
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/propose"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// answer answers one question of the runner. What it records is durable before the answer goes out.
func (r *Run) answer(q wire.Message) (wire.Message, error) {
	switch {
	case q.Hello != nil:
		return r.hello(*q.Hello)
	case q.Next != nil:
		return r.next(*q.Next)
	case q.Suggest != nil:
		return r.suggest(*q.Suggest)
	case q.Start != nil:
		return r.start(*q.Start)
	case q.Await != nil:
		return r.await(*q.Await)
	case q.Prune != nil:
		return r.prune(*q.Prune)
	case q.Decide != nil:
		return r.decide(*q.Decide)
	case q.Fault != nil:
		return wire.Message{}, &mechanismFault{*q.Fault}
	}
	return wire.Message{}, &supervise.GarbageError{What: fmt.Sprintf("message %d holds no question", q.N)}
}

// A mechanismFault is what a runner says of the mechanism in it.
type mechanismFault struct{ wire.Fault }

func (f *mechanismFault) Error() string {
	return fmt.Sprintf("trial %d: %s: %s", f.Seq, f.Call, f.Fault.Error)
}

// hello checks that the image is the one that was started, and gives it the view.
func (r *Run) hello(h wire.Hello) (wire.Message, error) {
	a := r.active
	if h.Version != wire.Version || h.Mechanism != a.Name || h.Hash != a.Hash || h.Shadow != a.Shadow {
		return wire.Message{}, &mechanismFault{wire.Fault{Seq: r.decided() + 1, Call: "hello", Error: fmt.Sprintf(
			"the binary says it is %s (source %.12s, beside %q, protocol %d), want %s (source %.12s, beside %q, protocol %d)",
			h.Mechanism, h.Hash, h.Shadow, h.Version, a.Name, a.Hash, a.Shadow, wire.Version)}}
	}
	w := wire.Welcome{View: r.Store.View()}
	if got := viewHash(w.View); r.left != "" && r.left != got {
		return wire.Message{}, fatal(fmt.Errorf("hand-over to %s: the view was %.12s before and is %.12s after; nothing may be lost by a hand-over", a.Name, r.left, got))
	}
	r.left = ""
	if name, state, shadow := r.Store.State(); name == a.Name {
		w.State, w.ShadowState = state, shadow
	}
	return wire.Message{Welcome: &w}, nil
}

// suggest asks the inner model. A shadow's question that was asked before in the same words hears the same answer; another
// one is put to the model only where that costs nothing.
func (r *Run) suggest(q wire.Suggest) (wire.Message, error) {
	m := r.Model
	if q.Shadow && r.Paid {
		m = model.OnlyRecorded(r.Store)
	}
	p, err := propose.Ask(r.ctx, m, propose.Input{
		View: r.Store.View(), Seq: q.Seq, Call: q.Call, Steer: q.Steer, Hint: q.Hint, Task: r.Task.Describe(), Check: r.Task.Check,
	})
	switch {
	case errors.Is(err, model.ErrNotRecorded):
		return wire.Message{Suggestion: &wire.Suggestion{Unasked: true}}, nil
	case errors.Is(err, mechanisms.ErrNoAnswer):
		return wire.Message{Suggestion: &wire.Suggestion{Error: err.Error()}}, nil
	case err != nil:
		return wire.Message{}, fatal(err)
	}
	return wire.Message{Suggestion: &wire.Suggestion{Proposal: p}}, nil
}

// decide records a decision together with the states after it.
func (r *Run) decide(d wire.Decide) (wire.Message, error) {
	if err := r.Store.RecordDecision(r.active.Name, d); err != nil {
		return wire.Message{}, fatal(err)
	}
	known := r.training[d.Seq] != nil && r.training[d.Seq].memo
	delete(r.training, d.Seq)
	v := r.Store.View()
	t := v.Trials[len(v.Trials)-1]
	if d.Seq == 0 && !t.OK() {
		return wire.Message{}, fatal(fmt.Errorf("baseline: %s: %s; every trial is measured against it: choose defaults that train (bilevel train tries one point)", t.Status, t.Reason))
	}
	r.tell(Event{Kind: EventDecided, Seq: d.Seq, Limit: r.limit(), Trial: &t, Memo: known, Best: v.Standing().BPB, Change: r.diff(v, t), Mechanism: r.active.Name})
	return wire.Message{OK: &wire.OK{}}, nil
}

// diff says what t, the last of v, changed from the incumbent that it was measured against.
func (r *Run) diff(v wire.View, t mechanisms.Trial) string {
	if t.Seq == 0 {
		return "baseline"
	}
	before := mechanisms.Incumbents(v.Trials)
	return v.Space.Diff(before[len(before)-1].Point, t.Point)
}
