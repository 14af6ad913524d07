package mechtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A moment is one call of a mechanism, with what is needed to make the same call again.
type moment struct {
	entry    mechanisms.Entry
	scenario scenario
	call     string // Propose, Accept, Prune or Observe
	seq      int
	view     mechanisms.View     // without Rand and Suggest
	trial    mechanisms.Trial    // told to Accept and Observe; its curve to Prune
	proposal mechanisms.Proposal // answered by Propose, told to Prune
	err      error               // of Propose

	answer, again string            // in words, of the first and of a second ask
	before, after []byte            // the state
	panic         string            // what panicked and where
	changed       string            // how the call changed the view or the trial
	hints         []mechanisms.Hint // of the calls of Suggest, in order
	answered      int               // of those calls
}

// ask makes the call on m with fresh copies and streams, and returns the answer in words, or what panicked. It records what
// the call did beside answering.
func (mo *moment) ask(m mechanisms.Mechanism) (answer, panicked string) {
	v, t := copyView(mo.view), copyTrial(mo.trial)
	defer func() {
		if x := recover(); x != nil {
			panicked = fmt.Sprintf("panicked: %v at %s", x, place())
		} else if !same(v, mo.view) || !sameTrial(t, mo.trial) {
			mo.changed = difference(text(mo.view, mo.trial), text(v, t))
		}
	}()
	v.Rand = mechanisms.Stream(seed, mo.seq, mo.call)
	switch mo.call {
	case "Propose":
		mo.hints, mo.answered = nil, 0
		v.Suggest = mo.scenario.suggest(mo)
		mo.proposal, mo.err = m.Propose(context.Background(), v)
		p := mo.proposal
		answer = fmt.Sprintf("point %v, why %q, error %v", []float64(p.Point), p.Why, mo.err)
	case "Accept":
		answer = fmt.Sprint(m.Accept(v, t))
	case "Prune":
		answer = fmt.Sprint(m.(mechanisms.Pruner).Prune(v, mo.proposal, t.Curve))
	case "Observe":
		m.Observe(t)
	}
	return answer, ""
}

// place names the function, file and line of the panic that is being recovered: the first frame outside the runtime, which is where
// the author has to look.
func place() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(1, pc)])
	raised := false
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			raised = true
		} else if raised && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s (%s:%d)", f.Function[strings.LastIndex(f.Function, "/")+1:], f.File[strings.LastIndex(f.File, "/")+1:], f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}

// same reports whether two views point to equal things. It is asked at every call, which is why it does not compare texts.
func same(v, w mechanisms.View) bool {
	return sameSpace(v.Space, w.Space) && sameTrial(v.Incumbent, w.Incumbent) && slices.EqualFunc(v.Trials, w.Trials, sameTrial) &&
		slices.EqualFunc(v.Pending, w.Pending, sameProposal) && reflect.DeepEqual(v.Steer, w.Steer) && slices.Equal(v.Lessons, w.Lessons)
}

func sameSpace(s, r mechanisms.Space) bool {
	return s.Name == r.Name && s.Measure == r.Measure && slices.EqualFunc(s.Params, r.Params, sameParam) && reflect.DeepEqual(s.Constraints, r.Constraints)
}

func sameParam(p, q mechanisms.Param) bool {
	return p.Name == q.Name && p.Kind == q.Kind && sameBits(p.Min, q.Min) && sameBits(p.Max, q.Max) && sameBits(p.Default, q.Default) &&
		p.Log == q.Log && slices.Equal(p.Choices, q.Choices) && p.Unit == q.Unit && p.Doc == q.Doc
}

func sameTrial(t, u mechanisms.Trial) bool {
	return t.Seq == u.Seq && slices.EqualFunc(t.Point, u.Point, sameBits) && t.Status == u.Status && sameBits(t.BPB, u.BPB) &&
		t.Kept == u.Kept && t.Reason == u.Reason && t.By == u.By && t.Restricted == u.Restricted && t.Why == u.Why && slices.Equal(t.Curve, u.Curve)
}

func sameProposal(p, q mechanisms.Proposal) bool {
	return p.Seq == q.Seq && slices.EqualFunc(p.Point, q.Point, sameBits) && p.Why == q.Why && p.By == q.By && p.Restricted == q.Restricted
}

// sameBits is equality that holds for NaN.
func sameBits(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }

// text is everything a call could have changed, one part a line.
func text(v mechanisms.View, t mechanisms.Trial) string {
	var b strings.Builder
	line := func(name string, x any) {
		j, err := json.Marshal(x)
		fmt.Fprintln(&b, name, string(j), err)
	}
	line("view.Space", v.Space)
	line("view.Incumbent", v.Incumbent)
	for _, u := range v.Trials {
		line("view.Trials", u)
	}
	line("view.Pending", v.Pending)
	line("view.Steer", v.Steer)
	line("view.Lessons", v.Lessons)
	line("trial", t)
	return b.String()
}

func copyView(v mechanisms.View) mechanisms.View {
	v.Space.Params = slices.Clone(v.Space.Params)
	for i, q := range v.Space.Params {
		v.Space.Params[i].Choices = slices.Clone(q.Choices)
	}
	v.Space.Constraints = slices.Clone(v.Space.Constraints)
	v.Incumbent = copyTrial(v.Incumbent)
	v.Trials = copyTrials(v.Trials)
	v.Pending = slices.Clone(v.Pending)
	for i, p := range v.Pending {
		v.Pending[i].Point = p.Point.Clone()
	}
	v.Steer.Frozen = slices.Clone(v.Steer.Frozen)
	v.Lessons = slices.Clone(v.Lessons)
	return v
}

// copyTrials is copyTrial of each, with one allocation for all points: the kit copies some ten thousand trials. The capacity
// of each part ends where the next begins, so appending to one leaves the others alone.
func copyTrials(trials []mechanisms.Trial) []mechanisms.Trial {
	n := 0
	for _, t := range trials {
		n += len(t.Point)
	}
	values := make([]float64, 0, n)
	all := slices.Clone(trials)
	for i, t := range all {
		from := len(values)
		values = append(values, t.Point...)
		if t.Point != nil {
			all[i].Point = values[from:len(values):len(values)]
		}
		all[i].Curve = slices.Clone(t.Curve)
	}
	return all
}

func copyTrial(t mechanisms.Trial) mechanisms.Trial {
	t.Point, t.Curve = t.Point.Clone(), slices.Clone(t.Curve)
	return t
}
