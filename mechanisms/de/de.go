// Package de is differential evolution: a small population of points, each of which is challenged in turn by itself moved
// towards the best and along the difference of two others (the variant current-to-best/1/bin, after Storn and Price 1997).
package de

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// name is what the loop writes in Trial.By; the population is made of own trials and the baseline.
const name = "de"

// The population is small because a run has some 30 trials: after a third of them it has begun to evolve.
const (
	population = 8
	weight     = 0.6 // of the differences, F
	crossing   = 0.7 // chance that a parameter comes from the mutant, CR
)

// A Member is a point of the population.
type Member struct {
	Point mechanisms.Point `json:"point"`
	OK    bool             `json:"ok"` // it has a value; one without loses to any that has
	BPB   float64          `json:"bpb"`
}

// DE keeps the population.
type DE struct {
	Members []Member `json:"members"`
	Turn    int      `json:"turn"` // own trials observed; the next challenges member Turn modulo the population
}

// New returns a DE with no members.
func New() *DE { return &DE{} }

// Propose draws the first members at random and then challenges them in turn.
func (m *DE) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	turn := m.Turn
	for _, p := range v.Pending {
		if p.By == name {
			turn++
		}
	}
	if len(m.Members) < population {
		p, _ := v.Fresh(200, v.Uniform)
		return mechanisms.Proposal{Point: p, Why: "a member of the first population, drawn at random"}, nil
	}
	target := turn % population
	p, _ := v.Fresh(200, func() mechanisms.Point { return m.challenge(v, m.Members[target].Point) })
	return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("challenges member %d of the population", target+1)}, nil
}

// Accept keeps what is better.
func (m *DE) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe lets an own trial join or replace the member it challenged if it is no worse. The baseline is the first member. A
// trial that got no further than its proposal, and may have no point, ends its turn without a member.
func (m *DE) Observe(t mechanisms.Trial) {
	candidate := Member{Point: t.Point.Clone(), OK: t.OK()}
	if t.OK() {
		candidate.BPB = t.BPB
	}
	switch {
	case t.By != name && (t.Seq != 0 || len(m.Members) > 0):
		return
	case t.Status == mechanisms.Invalid || t.Status == mechanisms.NoAnswer:
	case t.By != name || len(m.Members) < population:
		m.Members = append(m.Members, candidate)
	default:
		if old := m.Members[m.Turn%population]; candidate.OK && (!old.OK || candidate.BPB <= old.BPB) {
			m.Members[m.Turn%population] = candidate
		}
	}
	if t.By == name {
		m.Turn++
	}
}

// challenge makes a point from the target: parameter by parameter either the target's value or that of the mutant.
func (m *DE) challenge(v mechanisms.View, target mechanisms.Point) mechanisms.Point {
	a, b := m.Members[v.Rand.IntN(len(m.Members))].Point, m.Members[v.Rand.IntN(len(m.Members))].Point
	best := v.Best().Point
	p, free := v.Incumbent.Point.Clone(), v.Free()
	certain := free[v.Rand.IntN(len(free))] // at least one parameter crosses
	for _, i := range free {
		q := v.Space.Params[i]
		p[i] = q.Clip(target[i])
		switch u := q.Unit01; {
		case i != certain && v.Rand.Float64() >= crossing:
		case q.Kind == mechanisms.Choice: // labels have no differences: take a parent's
			p[i] = [...]float64{best[i], a[i], b[i]}[v.Rand.IntN(3)]
		default:
			p[i] = q.FromUnit01(u(target[i]) + weight*(u(best[i])-u(target[i])) + weight*(u(a[i])-u(b[i])))
		}
	}
	return p
}
