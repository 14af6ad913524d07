// Package threshold accepts a slightly worse trial as long as a threshold that shrinks allows it.
package threshold

import (
	"context"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Threshold is threshold accepting (Dueck and Scheuer 1990).
type Threshold struct {
	Step     int       `json:"step"`
	Scale    float64   `json:"scale"` // typical difference between neighbours, bits per byte
	History  []float64 `json:"history"`
	Accepted [2]int    `json:"accepted"` // worse ones, and all
}

// New returns a Threshold whose scale is not known.
func New() *Threshold { return &Threshold{} }

func (m *Threshold) level() float64 { return m.Scale * math.Exp2(-float64(m.Step)/10) }

// Uphill says when a worse trial is accepted.
func (m *Threshold) Uphill() string {
	return "a trial is accepted if it is worse by less than a threshold that halves every ten trials"
}

// Propose draws a neighbour.
func (m *Threshold) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	p, ok := v.Fresh(300, func() (q mechanisms.Point) {
		q = v.Incumbent.Point
		defer func() { q = v.Space.Clip(q) }()
		q = v.Nudge(q, free[v.Rand.IntN(len(free))], 0.2)
		return q
	})
	if !ok {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	return mechanisms.Proposal{Point: p, Why: "a neighbour"}, nil
}

// Accept takes what is better or within the threshold.
func (m *Threshold) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if t.Better(v.Incumbent) {
		return true
	}
	return t.OK() && v.Incumbent.OK() && t.BPB-v.Incumbent.BPB < m.level()
}

// Observe measures the scale and cools.
func (m *Threshold) Observe(t mechanisms.Trial) {
	m.Step++
	if !t.OK() {
		return
	}
	if n := len(m.History); n > 0 {
		m.Scale += (math.Abs(t.BPB-m.History[n-1]) - m.Scale) / float64(n)
	}
	m.History = append(m.History, t.BPB)
	if t.Kept {
		m.Accepted[1]++
		if n := len(m.History); n > 1 && t.BPB > m.History[n-2] {
			m.Accepted[0]++
		}
	}
}
