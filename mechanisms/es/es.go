// Package es is the (1+1) evolution strategy with the one-fifth success rule: it moves all free parameters at once by normal
// steps whose size grows after a success and shrinks after failures.
package es

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// name is what the loop writes in Trial.By; the step size learns from own trials only.
const name = "es"

// growth is the factor after a success; four failures undo one success, so that the size settles where one trial in five
// succeeds (Rechenberg 1973; the factors are those of Auger 2009, the (1+1)-ES of BBOB).
const growth = 1.5

// The step size is a share of each parameter's range.
const (
	first   = 0.15
	least   = 0.01
	largest = 0.5
)

// ES keeps its step size.
type ES struct {
	Sigma float64 `json:"sigma"` // standard deviation of the steps, as a share of the range
}

// New returns an ES with the first step size.
func New() *ES { return &ES{Sigma: first} }

// Propose moves every free parameter of the incumbent. A choice is drawn anew as often as a unit step would leave it.
func (m *ES) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free, base := v.Free(), v.Incumbent.Point
	p, _ := v.Fresh(200, func() mechanisms.Point {
		p := base.Clone()
		for _, i := range free {
			q := v.Space.Params[i]
			switch {
			case q.Kind != mechanisms.Choice:
				p[i] = q.FromUnit01(q.Unit01(p[i]) + m.Sigma*v.Rand.NormFloat64())
			case v.Rand.Float64() < m.Sigma:
				p = v.Nudge(p, i, 0)
			}
		}
		return p
	})
	return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("normal steps of %.3f of the ranges", m.Sigma)}, nil
}

// Accept keeps what is better.
func (m *ES) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe adapts the step size.
func (m *ES) Observe(t mechanisms.Trial) {
	if t.By != name {
		return
	}
	factor := math.Pow(growth, -0.25)
	if t.Kept {
		factor = growth
	}
	m.Sigma = min(max(m.Sigma*factor, least), largest)
}
