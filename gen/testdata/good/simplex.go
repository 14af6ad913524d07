// Package simplex reflects the worst of the best points through the centre of the others, as Nelder and Mead do.
package simplex

import (
	"context"
	"math"
	"sort"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// coefficients of the moves, in the order they are tried.
const (
	reflect  = 1.0
	expand   = 2.0
	contract = -0.5
)

// Simplex has no state of its own: the simplex is the best points of the trace.
type Simplex struct {
	Stuck int // trials since the last that was kept
}

// New returns a Simplex.
func New() *Simplex {
	return &Simplex{}
}

type vertex struct {
	mechanisms.Trial           // embedded here is fine: it is no state
	unit             []float64 // its point in the unit cube
}

type byValue []vertex

func (b byValue) Len() int           { return len(b) }
func (b byValue) Less(i, j int) bool { return b[i].BPB < b[j].BPB }
func (b byValue) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func vertices(v mechanisms.View, most int) []vertex {
	var all []vertex
	for _, t := range v.Trials {
		if !t.OK() || len(t.Point) != len(v.Space.Params) {
			continue
		}
		x := vertex{Trial: t, unit: make([]float64, len(t.Point))}
		for i, q := range v.Space.Params {
			x.unit[i] = q.Unit01(t.Point[i])
		}
		all = append(all, x)
	}
	sort.Stable(byValue(all))
	if len(all) > most {
		all = all[:most]
	}
	return all
}

// Propose tries to reflect, to expand and to contract, in an order that depends on how things go.
func (s *Simplex) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	simplex := vertices(v, 5)
	if len(simplex) < 3 {
		p, _ := v.Fresh(500, func() mechanisms.Point {
			free := v.Free()
			return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.3)
		})
		return mechanisms.Proposal{Point: p, Why: "to have a simplex"}, nil
	}
	worst := simplex[len(simplex)-1]
	centre := make([]float64, len(worst.unit))
	for _, x := range simplex[:len(simplex)-1] {
		for i, u := range x.unit {
			centre[i] += u / float64(len(simplex)-1)
		}
	}
	moves := []float64{reflect, expand, contract}
	if s.Stuck > 3 {
		moves[0], moves[2] = moves[2], moves[0]
	}
	for _, by := range moves {
		p := v.Incumbent.Point.Clone()
		for _, i := range v.Free() {
			u := centre[i] + by*(centre[i]-worst.unit[i])
			p[i] = v.Space.Params[i].FromUnit01(math.Max(0, math.Min(1, u)))
		}
		p = v.Space.Clip(p)
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "away from the worst of the best"}, nil
		}
	}
	free := v.Free()
	if p, ok := v.Fresh(300, func() mechanisms.Point {
		return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.2)
	}); ok {
		return mechanisms.Proposal{Point: p, Why: "the simplex has collapsed"}, nil
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (s *Simplex) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts.
func (s *Simplex) Observe(t mechanisms.Trial) {
	s.Stuck++
	if t.Kept {
		s.Stuck = 0
	}
}
