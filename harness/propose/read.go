package propose

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// maxWhy bounds the reason that is kept of a reply, in bytes.
const maxWhy = 400

// A reader turns a reply into a proposal. Its errors are written for the model.
type reader struct {
	facts     model.Facts
	task      func(mechanisms.Point) error // constraints that only the task can see; nil for none
	incumbent mechanisms.Point
	from      mechanisms.Point // the point to change; what is frozen has the incumbent's values
	view      mechanisms.View  // for what is frozen and what was tried
}

func newReader(f model.Facts, task func(mechanisms.Point) error) reader {
	r := reader{facts: f, task: task, incumbent: f.Space.Default(), view: mechanisms.View{Space: f.Space, Trials: f.Trials, Pending: f.Pending, Steer: f.Steer}}
	if best, ok := f.Best(); ok {
		r.incumbent, r.view.Incumbent = best.Point, best
	}
	r.from = r.incumbent.Clone()
	if len(f.Hint.From) == len(r.from) {
		for _, i := range r.view.Free() {
			r.from[i] = f.Hint.From[i]
		}
	}
	return r
}

// variables returns the parameters that the reply may name.
func (r reader) variables() []templates.Variable {
	var vs []templates.Variable
	for _, i := range r.view.Free() {
		p := r.view.Space.Params[i]
		if len(r.facts.Hint.Params) > 0 && !slices.Contains(r.facts.Hint.Params, p.Name) {
			continue
		}
		v := templates.Variable{Name: p.Name, Labels: p.Choices, Whole: p.Kind == mechanisms.Int || p.Kind == mechanisms.Pow2, Min: p.Min, Max: p.Max}
		switch dir := r.facts.Hint.Direction; { // the present value stays allowed: naming it changes nothing
		case dir > 0:
			v.Min = r.from[i]
		case dir < 0:
			v.Max = r.from[i]
		}
		vs = append(vs, v)
	}
	return vs
}

// narrowed reports whether the hint leaves out parameters that are free.
func (r reader) narrowed() bool { return len(r.variables()) < len(r.view.Free()) }

// directed reports whether the hint leaves one direction only to some number.
func (r reader) directed() bool {
	number := func(v templates.Variable) bool { return v.Labels == nil }
	return r.facts.Hint.Direction != 0 && slices.ContainsFunc(r.variables(), number)
}

// binds reports whether the hint forbids points that would be allowed without it. Only then may the model decline.
func (r reader) binds() bool { return r.narrowed() || r.directed() }

// declined is the error of a reply that changes nothing, on purpose: the model's reason.
type declined string

func (d declined) Error() string { return string(d) }

// read returns the proposal in a reply, or what is wrong with it.
func (r reader) read(text string) (mechanisms.Proposal, error) {
	var c templates.Changes
	if err := model.Decode(text, &model.Schema{Name: "changes", JSON: templates.Schema("changes")}, &c); err != nil {
		return mechanisms.Proposal{}, err
	}
	if len(c.Changes) == 0 {
		return mechanisms.Proposal{}, r.empty(why(c.Why))
	}
	p := r.from.Clone()
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(c.Changes)) {
		if err := r.change(p, name, c.Changes[name]); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		return mechanisms.Proposal{}, errors.Join(wrong...)
	}
	if err := r.check(p); err != nil {
		return mechanisms.Proposal{}, err
	}
	return mechanisms.Proposal{Seq: r.facts.Seq, Point: p, Why: why(c.Why), By: "model"}, nil
}

// empty is the error of a reply without changes.
func (r reader) empty(why string) error {
	switch {
	case !r.binds():
		return errors.New("changes is empty, want at least one parameter")
	case why == "":
		return errors.New("changes is empty and why says nothing: say why every point that is left is bad, or change something")
	}
	return declined(why)
}

// change sets the value of one parameter in p.
func (r reader) change(p mechanisms.Point, name string, value json.RawMessage) error {
	i := r.index(name)
	if i < 0 {
		return fmt.Errorf("there is no parameter %q; the parameters are %s", name, strings.Join(r.view.Space.Names(), ", "))
	}
	q := r.view.Space.Params[i]
	v, err := parse(q, value)
	if err != nil {
		return err
	}
	dir := q.Direction(r.from[i], v)
	hint := r.facts.Hint
	switch {
	case v == r.from[i]:
	case r.view.Frozen(i):
		return fmt.Errorf("%s is frozen at %s; change another parameter", q.Name, q.Format(r.incumbent[i]))
	case len(hint.Params) > 0 && !slices.Contains(hint.Params, q.Name):
		return fmt.Errorf("%s may not be changed in this proposal; change only %s", q.Name, strings.Join(hint.Params, ", "))
	case hint.Direction != 0 && dir == -hint.Direction:
		return fmt.Errorf("%s %s → %s goes %s; this proposal may only go %s", q.Name, q.Format(r.from[i]), q.Format(v), way(dir), way(hint.Direction))
	}
	p[i] = v
	return nil
}

// check looks at the point as a whole.
func (r reader) check(p mechanisms.Point) error {
	if p.Equal(r.from) {
		return errors.New("the proposal changes nothing: every value it gives is the present one; choose another value")
	}
	if err := r.view.Space.Check(p); err != nil {
		return err
	}
	if r.task != nil {
		if err := r.task(p); err != nil {
			return err
		}
	}
	for _, t := range r.view.Trials {
		if t.Point.Equal(p) {
			return fmt.Errorf("this point was tried before, as trial %d (%s); propose a point that is not in the table", t.Seq, became(t, r.view.Space.Measure))
		}
	}
	for _, q := range r.view.Pending {
		if q.Point.Equal(p) {
			return fmt.Errorf("this point is being trained now, as trial %d; propose another", q.Seq)
		}
	}
	return nil
}

// index finds a parameter by name; models do not always keep upper and lower case.
func (r reader) index(name string) int {
	if i := r.view.Space.Index(name); i >= 0 {
		return i
	}
	return slices.IndexFunc(r.view.Space.Params, func(p mechanisms.Param) bool { return strings.EqualFold(p.Name, strings.TrimSpace(name)) })
}

// parse reads a value: a number, a label, or either in quotes.
func parse(q mechanisms.Param, value json.RawMessage) (float64, error) {
	var s *string
	if json.Unmarshal(value, &s) == nil && s != nil {
		return q.Parse(*s)
	}
	var v *float64
	if err := json.Unmarshal(value, &v); err != nil || v == nil || q.Kind == mechanisms.Choice {
		return 0, fmt.Errorf("%s = %s, want %s", q.Name, value, q.Range())
	}
	return *v, q.Check(*v)
}

func became(t mechanisms.Trial, m mechanisms.Measure) string {
	switch {
	case !t.OK():
		return string(t.Status)
	case t.Kept:
		return fmt.Sprintf("%.4f %s, kept", m.Own(t.BPB), m)
	}
	return fmt.Sprintf("%.4f %s, discarded", m.Own(t.BPB), m)
}

func way(dir int) string {
	if dir > 0 {
		return "upward"
	}
	return "downward"
}

// why makes a reason one line of bounded length.
func why(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxWhy {
		s = strings.ToValidUTF8(s[:maxWhy], "") + "…"
	}
	return s
}
