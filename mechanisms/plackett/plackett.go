// Package plackett screens the free parameters by a Plackett-Burman design, which measures up to 19 effects in 20 trials (11
// in 12), and then follows the effects that stand out: all of them together, further and further, and one at a time.
package plackett

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// name is what the loop writes in Trial.By; rows are recognised by it.
const name = "plackett"

// The generators of the designs (Plackett and Burman 1946): a row is the one before it turned by one place; one last row, of
// every low value, completes the design.
const (
	twelve = "++-+++---+-"
	twenty = "++--++++-+-+----++-"
)

// reach is how far the two values of a parameter lie from the base, as a share of the range.
const reach = 0.12

// Plackett's state is the base of the screen and how far it is.
type Plackett struct {
	Base mechanisms.Point `json:"base"` // the middle of the design: the incumbent when it began
	Done int              `json:"done"` // own trials that have ended
	From int              `json:"from"` // Seq of the first
}

// New returns a Plackett before its screen.
func New() *Plackett { return &Plackett{} }

// Propose returns the next row of the screen, and after the last one a step along the effects.
func (m *Plackett) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) == 0 || len(m.Base) != len(v.Space.Params) {
		return mechanisms.Proposal{}, fmt.Errorf("screen: %d free parameters and a base of %d values, want at least one and %d", len(free), len(m.Base), len(v.Space.Params))
	}
	design := twelve
	if len(free) > len(twelve) {
		design = twenty
	}
	at := m.Done
	for _, p := range v.Pending {
		if p.By == name {
			at++
		}
	}
	if at <= len(design) {
		if p := m.row(v, free, design, at); v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("screen, row %d of %d", at+1, len(design)+1)}, nil
		}
	}
	effects := m.effects(v, free)
	for _, step := range steps(effects) {
		if p := along(v, step); v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "along the effects of the screen: " + v.Space.Diff(v.Incumbent.Point, p)}, nil
		}
	}
	p, _ := v.Fresh(200, func() mechanisms.Point {
		return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], reach)
	})
	return mechanisms.Proposal{Point: p, Why: "nothing new along the effects; a random move: " + v.Space.Diff(v.Incumbent.Point, p)}, nil
}

// Accept keeps what is better.
func (m *Plackett) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts own trials; the base follows the incumbent until the first.
func (m *Plackett) Observe(t mechanisms.Trial) {
	switch {
	case t.By == name:
		if m.Done++; m.Done == 1 {
			m.From = t.Seq
		}
	case t.Kept && m.Done == 0:
		m.Base = t.Point.Clone()
	}
}

// row is one point of the design; parameters beyond its columns stay at the base.
func (m *Plackett) row(v mechanisms.View, free []int, design string, row int) mechanisms.Point {
	p := v.Incumbent.Point.Clone()
	for c, i := range free {
		p[i] = m.Base[i]
		if c < len(design) {
			high := row < len(design) && design[(c+row)%len(design)] == '+'
			p[i] = level(v.Space.Params[i], m.Base[i], high)
		}
	}
	return p
}

// level is the high or low value of a parameter. At an end of the range the base itself is the outer of the two.
func level(q mechanisms.Param, base float64, high bool) float64 {
	if q.Kind == mechanisms.Choice {
		if high {
			return q.Level((int(base) + 1) % q.Levels())
		}
		return base
	}
	if high {
		return q.Move(base, +1, reach)
	}
	return q.Move(base, -1, reach)
}

// An effect is the difference of bits per byte between a parameter's high and low values.
type effect struct {
	param int
	bpb   float64 // negative: high is better
}

// effects returns the parameters' effects over the rows of the screen, the largest first. A trial without a value counts as
// the worst one that has a value.
func (m *Plackett) effects(v mechanisms.View, free []int) []effect {
	worst := math.Inf(-1)
	var rows []mechanisms.Trial
	for _, t := range v.Trials {
		if t.OK() {
			worst = max(worst, t.BPB)
		}
		if t.By == name && t.Seq >= m.From && m.onDesign(v.Space, free, t.Point) {
			rows = append(rows, t)
		}
	}
	var list []effect
	for _, i := range free {
		high := level(v.Space.Params[i], m.Base[i], true)
		sum, n := [2]float64{}, [2]float64{}
		for _, t := range rows {
			side, bpb := 0, worst
			if t.Point[i] == high {
				side = 1
			}
			if t.OK() {
				bpb = t.BPB
			}
			sum[side] += bpb
			n[side]++
		}
		if n[0] > 0 && n[1] > 0 {
			list = append(list, effect{i, sum[1]/n[1] - sum[0]/n[0]})
		}
	}
	slices.SortStableFunc(list, func(a, b effect) int { return cmp.Compare(math.Abs(b.bpb), math.Abs(a.bpb)) })
	return list
}

// onDesign reports whether every parameter has its high or its low value, or the base's where it is no column. What is tried
// after the screen goes further and must not blur what the screen measured.
func (m *Plackett) onDesign(s mechanisms.Space, free []int, p mechanisms.Point) bool {
	if len(p) != len(m.Base) {
		return false
	}
	for c, i := range free {
		q := s.Params[i]
		if c < len(twenty) && p[i] != level(q, m.Base[i], true) && p[i] != level(q, m.Base[i], false) {
			return false
		}
	}
	return true
}

// A step moves some parameters of the incumbent against their effects, each by size.
type step struct {
	effects []effect
	size    float64
}

// steps lists what to try after the screen, in order: the strongest effects together, then each alone, and again further.
func steps(effects []effect) []step {
	strong := effects[:min(4, len(effects))]
	var list []step
	for _, size := range []float64{reach, 2 * reach, 3 * reach} {
		list = append(list, step{strong, size})
		for k := range strong {
			list = append(list, step{strong[k : k+1], size})
		}
	}
	return list
}

// along takes a step from the incumbent. A choice has no further; it keeps the better label.
func along(v mechanisms.View, s step) mechanisms.Point {
	p := v.Incumbent.Point.Clone()
	for _, e := range s.effects {
		q := v.Space.Params[e.param]
		dir := 1
		if e.bpb > 0 {
			dir = -1
		}
		if q.Kind != mechanisms.Choice {
			p[e.param] = q.Move(p[e.param], dir, s.size)
		} else if dir > 0 {
			p[e.param] = q.Level((int(p[e.param]) + 1) % q.Levels())
		}
	}
	return p
}
