// Package rules goes through a table of rules and does what the first that applies says.
package rules

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var _ mechanisms.Mechanism = (*Rules)(nil)

// Rules counts what the conditions speak of.
type Rules struct {
	Trials, Kept, Crashes, SinceKept int
}

// New returns Rules with no history.
func New() *Rules { return &Rules{} }

type rule struct {
	name string
	when func() bool
	do   func(context.Context, mechanisms.View) (mechanisms.Proposal, error)
}

// table lists the rules, the most urgent first. Method values bind the receiver.
func (r *Rules) table() []rule {
	always := func() bool { return true }
	return []rule{
		{"crashes", r.crashing, r.retreat},
		{"early", func() bool { return r.Trials < 4 }, r.ask},
		{"stuck", func() bool { return r.SinceKept > 5 }, r.leap},
		{"step", func() bool { return r.Trials%2 == 0 }, r.step},
		{"default", always, r.ask},
	}
}

func (r *Rules) crashing() bool { return r.Crashes*2 > r.Trials && r.Trials > 3 }

// errNothing says that a rule has nothing to propose, so that the next one is tried.
var _ error = errNothing{}

type errNothing struct{}

func (errNothing) Error() string { return "nothing new" }

func (r *Rules) ask(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Ask(ctx, mechanisms.Hint{})
}

// retreat goes half the way back to the default.
func (r *Rules) retreat(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	p := v.Incumbent.Point.Clone()
	for _, i := range v.Free() {
		q := v.Space.Params[i]
		p[i] = q.FromUnit01((q.Unit01(p[i]) + q.Unit01(q.Default)) / 2)
	}
	return r.fresh(v, 1, func() mechanisms.Point { return v.Space.Clip(p) })
}

func (r *Rules) leap(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return r.fresh(v, 500, v.Uniform)
}

func (r *Rules) step(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	return r.fresh(v, 200, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.15) })
}

func (r *Rules) fresh(v mechanisms.View, times int, draw func() mechanisms.Point) (mechanisms.Proposal, error) {
	p, ok := v.Fresh(times, draw)
	if !ok {
		return mechanisms.Proposal{}, errNothing{}
	}
	return mechanisms.Proposal{Point: p}, nil
}

// Propose finds the rule.
func (r *Rules) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	var nothing errNothing
	for _, x := range r.table() {
		if !x.when() {
			continue
		}
		p, err := x.do(ctx, v)
		if errors.As(err, &nothing) {
			continue
		}
		if err != nil {
			return p, fmt.Errorf("rule %s: %w", x.name, err)
		}
		if p.By == "" {
			p.Why = "rule " + x.name
		}
		return p, nil
	}
	return mechanisms.Proposal{}, errors.New("no rule applies")
}

// Accept keeps what is better.
func (r *Rules) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts.
func (r *Rules) Observe(t mechanisms.Trial) {
	r.Trials++
	r.SinceKept++
	switch t.Status {
	case mechanisms.Crashed, mechanisms.OutOfMem, mechanisms.Diverged, mechanisms.NotFinite:
		r.Crashes++
	}
	if t.Kept {
		r.Kept++
		r.SinceKept = 0
	}
}
