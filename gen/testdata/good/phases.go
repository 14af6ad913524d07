// Package phases walks through phases of search: scatter, climb, polish, and back when polishing fails.
package phases

import (
	"context"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Phase is what the search is at.
type Phase int

// The phases, in order.
const (
	Scatter Phase = iota
	Climb
	Polish
)

// phases is how many there are.
const phases = int(Polish) + 1

// String names the phase.
func (p Phase) String() string {
	switch p {
	case Scatter:
		return "scatter"
	case Climb:
		return "climb"
	case Polish:
		return "polish"
	default:
		return "no phase"
	}
}

// Machine is a state machine.
type Machine struct {
	Phase    Phase `json:"phase"`
	Failures int   `json:"failures"`
	Seen     int   `json:"seen"`
}

// New returns a Machine that scatters.
func New() *Machine { return &Machine{Phase: Scatter} }

// Propose does what the phase says.
func (m *Machine) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	var draw func() mechanisms.Point
	switch m.Phase {
	case Scatter:
		draw = v.Uniform
	case Climb:
		draw = func() mechanisms.Point {
			p := v.Incumbent.Point
			for range 2 {
				p = v.Nudge(p, free[v.Rand.IntN(len(free))], 0.25)
			}
			return p
		}
	case Polish:
		draw = func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.05) }
	}
	if draw != nil {
		if p, ok := v.Fresh(400, draw); ok {
			return mechanisms.Proposal{Point: p, Why: strings.ToUpper(m.Phase.String()[:1]) + m.Phase.String()[1:]}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{Text: "the phase " + m.Phase.String() + " finds nothing new"})
}

// Accept keeps what is better.
func (m *Machine) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe moves the machine on.
func (m *Machine) Observe(t mechanisms.Trial) {
	m.Seen++
	switch {
	case t.Kept:
		m.Failures = 0
		if m.Seen > 3 && m.Phase == Scatter {
			m.Phase = Climb
		}
		return
	case t.Status == mechanisms.Invalid, t.Status == mechanisms.Refused:
		return
	}
	if m.Failures++; m.Failures < 4 {
		return
	}
	m.Failures = 0
	m.Phase = Phase((int(m.Phase) + 1) % phases)
}
