// Package golden shrinks a bracket around each parameter's best value by the golden section.
package golden

import (
	"context"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const ratio = 0.6180339887498949 // (√5 - 1) / 2

// Bracket is where the best value of a parameter is believed to lie, in the unit interval.
type Bracket struct {
	Low, High float64
}

// Golden has a bracket for each parameter it has tried, and the turn it is at.
type Golden struct {
	Brackets map[int]Bracket
	Turn     int
	Last     mechanisms.Point
}

// New returns a Golden that has tried nothing.
func New() *Golden { return &Golden{Brackets: make(map[int]Bracket, 16)} }

func (g *Golden) bracket(i int) Bracket {
	if b, ok := g.Brackets[i]; ok {
		return b
	}
	return Bracket{0, 1}
}

func (b Bracket) width() float64 { return b.High - b.Low }

// probes are the two inner points.
func (b Bracket) probes() [2]float64 {
	return [2]float64{b.High - ratio*b.width(), b.Low + ratio*b.width()}
}

// Propose probes the widest bracket, and goes round when all its probes are known.
func (g *Golden) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	for k := 0; k < len(free); k++ {
		i := free[(k+g.Turn)%len(free)]
		q := v.Space.Params[i]
		for _, u := range g.bracket(i).probes() {
			p := v.Incumbent.Point.With(i, q.FromUnit01(u))
			if v.Allows(p) == nil && !v.Tried(p) {
				return mechanisms.Proposal{Point: p, Why: "a probe of " + q.Name}, nil
			}
		}
	}
	lo, hi := 0.0, 1.0
	var last mechanisms.Point
	for n := 0; n < 40 && hi-lo > 1e-3; n++ { // the largest mutation that stays in the space
		mid := lo + (hi-lo)/2
		p := v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], mid)
		if v.Allows(p) != nil {
			hi = mid
			continue
		}
		lo = mid
		if !v.Tried(p) {
			last = p
		}
	}
	if last != nil {
		return mechanisms.Proposal{Point: last, Why: "every probe is known"}, nil
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (g *Golden) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe narrows what the trial speaks of.
func (g *Golden) Observe(t mechanisms.Trial) {
	g.Turn++
	if len(t.Point) == 0 {
		return
	}
	if t.Kept {
		g.Last = t.Point.Clone()
		return
	}
	if len(g.Last) != len(t.Point) {
		return
	}
	for i := range t.Point {
		if t.Point[i] == g.Last[i] {
			continue
		}
		b := g.bracket(i)
		if t.Point[i] > g.Last[i] {
			b.High -= (1 - ratio) * b.width()
		} else {
			b.Low += (1 - ratio) * b.width()
		}
		if b.width() < 0.01 || math.IsNaN(b.width()) {
			b = Bracket{0, 1}
		}
		g.Brackets[i] = b
	}
}
