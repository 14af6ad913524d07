// Package gainindex predicts for every parameter and side what the next step would gain, from the parameter's own profile of
// measurements, and takes the largest: open sides are asked of the model, bracketed minima are set by a parabola.
package gainindex

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// badFactor times the typical effect is what a trial without a value is taken to have lost: its side counts as measured and bad.
const badFactor = 2.0

// priorShare of the typical effect is expected of a parameter that nobody measured. Most steps fail, so it is below 1.
const priorShare = 0.5

// leastMove is the share of the bracket that a vertex must lie away from the incumbent to be worth a trial.
const leastMove = 0.1

// GainIndex has no state: the profiles are read off the trials, so they are the same after a take-over.
type GainIndex struct{}

// New returns a GainIndex.
func New() *GainIndex { return &GainIndex{} }

// step is a trial that changed one parameter, or one and those a constraint ties to it.
type step struct {
	param    int
	from, to float64 // places on the parameter's scale, 0 to 1
	effect   float64 // change of bits per byte
	ok       bool    // whether there is an effect
}

// profile is what is known of one parameter: bits per byte relative to a zero of its own, at places on its scale.
type profile struct {
	u, f  []float64
	tries int // steps along it
}

// candidate is one thing to do next, with the bits per byte it is expected to gain.
type candidate struct {
	param int
	gain  float64
	dir   int              // side to ask the model for
	open  bool             // nothing is measured on either side
	point mechanisms.Point // an own point; nil asks the model
	why   string
}

// Propose takes the candidate with the largest predicted gain.
func (*GainIndex) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	steps := singleSteps(v)
	typical := typicalEffect(steps)
	candidates := list(v, build(v, steps, typical), typical)
	floor := math.Max(v.Noise, typical/20)
	for _, c := range candidates {
		switch {
		case c.gain < floor:
			return v.Ask(ctx, mechanisms.Hint{Text: "Single steps promise little now: combine two or three changes that belong together, away from what failed."})
		case c.point != nil:
			if v.Allows(c.point) == nil && !v.Tried(c.point) {
				return mechanisms.Proposal{Point: c.point, Why: c.why}, nil
			}
		case c.open:
			return v.Ask(ctx, mechanisms.Hint{
				Params: openNames(v, candidates),
				Text:   "These parameters were measured on neither side of the incumbent. Take one large step of the one that may matter most; change only it and what is tied to it.",
			})
		default:
			return v.Ask(ctx, mechanisms.Hint{Params: v.Space.Tied(c.param), Direction: c.dir, Text: c.why})
		}
	}
	return v.Ask(ctx, mechanisms.Hint{Text: "No single parameter promises a gain: combine two or three changes that belong together."})
}

// Accept keeps what is better.
func (*GainIndex) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn: the view holds every trial.
func (*GainIndex) Observe(mechanisms.Trial) {}

// singleSteps finds the trials that tell of one parameter, each against the incumbent of its time.
func singleSteps(v mechanisms.View) []step {
	var steps []step
	incumbents := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k >= len(incumbents) || len(incumbents[k].Point) != len(v.Space.Params) || v.Space.Check(t.Point) != nil {
			continue // the baseline, or a point that is empty or malformed
		}
		from := incumbents[k]
		i := credited(v, from.Point, t.Point)
		if i < 0 {
			continue
		}
		q := v.Space.Params[i]
		s := step{param: i, from: q.Unit01(from.Point[i]), to: q.Unit01(t.Point[i]), ok: t.OK() && from.OK()}
		if s.ok {
			s.effect = t.BPB - from.BPB
		}
		steps = append(steps, s)
	}
	return steps
}

// credited is the parameter that a change from p to q tells of: the one that moved furthest, if all others that moved are tied
// to it by a constraint; -1 if the change is of several independent parameters, whose shares nobody knows.
func credited(v mechanisms.View, p, q mechanisms.Point) int {
	best, width := -1, -1.0
	changed := v.Space.Changed(p, q)
	for _, i := range changed {
		param := v.Space.Params[i]
		if w := math.Abs(param.Unit01(q[i]) - param.Unit01(p[i])); w > width {
			best, width = i, w
		}
	}
	if best < 0 {
		return -1
	}
	tied := v.Space.Tied(best)
	for _, i := range changed {
		if i != best && !slices.Contains(tied, v.Space.Params[i].Name) {
			return -1
		}
	}
	return best
}

// typicalEffect is the median size of the effects, 0 before there is one: the currency in which the unknown is priced.
func typicalEffect(steps []step) float64 {
	var sizes []float64
	for _, s := range steps {
		if s.ok {
			sizes = append(sizes, math.Abs(s.effect))
		}
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}

// build chains the steps of each parameter to a profile, as if parameters did not interact: what an earlier incumbent showed
// of a parameter is taken to hold here too.
func build(v mechanisms.View, steps []step, typical float64) []profile {
	profiles := make([]profile, len(v.Space.Params))
	for _, s := range steps {
		p := &profiles[s.param]
		p.tries++
		base, known := p.at(s.from)
		if !known { // another change moved the incumbent here, so the old places have no common zero with this one
			p.u, p.f = []float64{s.from}, []float64{0}
			base = 0
		}
		effect := s.effect
		if !s.ok {
			effect = badFactor * typical
		}
		p.set(s.to, base+effect)
	}
	return profiles
}

// at is the value of the profile at place u.
func (p *profile) at(u float64) (float64, bool) {
	k := slices.Index(p.u, u)
	if k < 0 {
		return 0, false
	}
	return p.f[k], true
}

// set notes a value; a later measurement of the same place replaces the earlier one.
func (p *profile) set(u, f float64) {
	if k := slices.Index(p.u, u); k >= 0 {
		p.f[k] = f
		return
	}
	p.u, p.f = append(p.u, u), append(p.f, f)
}

// neighbours are the indices of the nearest measured places below and above x, -1 where there is none.
func (p *profile) neighbours(x float64) (below, above int) {
	below, above = -1, -1
	for k, u := range p.u {
		if u < x && (below < 0 || u > p.u[below]) {
			below = k
		}
		if u > x && (above < 0 || u < p.u[above]) {
			above = k
		}
	}
	return below, above
}

// list prices what can be done with each free parameter, the most promising first.
func list(v mechanisms.View, profiles []profile, typical float64) []candidate {
	var all []candidate
	for _, i := range v.Free() {
		if pending(v, i) {
			continue // its result may change the price
		}
		p := &profiles[i]
		if v.Space.Params[i].Kind == mechanisms.Choice {
			all = append(all, candidate{param: i, open: p.tries == 0, gain: priorShare * typical / float64(1+p.tries),
				why: fmt.Sprintf("Another label of %s.", v.Space.Params[i].Name)})
			continue
		}
		all = append(all, price(v, p, i, typical)...)
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].gain > all[b].gain })
	return all
}

// pending tells whether a running trial changes parameter i.
func pending(v mechanisms.View, i int) bool {
	for _, p := range v.Pending {
		if len(p.Point) == len(v.Space.Params) && p.Point[i] != v.Incumbent.Point[i] {
			return true
		}
	}
	return false
}

// price lists the candidates of one numeric parameter.
func price(v mechanisms.View, p *profile, i int, typical float64) []candidate {
	q := v.Space.Params[i]
	here := v.Incumbent.Point[i]
	x := q.Unit01(here)
	f, known := p.at(x)
	below, above := p.neighbours(x)
	if !known || below < 0 && above < 0 {
		return []candidate{{param: i, open: true, gain: priorShare * typical}}
	}
	if below >= 0 && above >= 0 && p.f[below] > f && p.f[above] > f {
		return vertex(v, p, i, x, f, below, above)
	}
	var found []candidate
	for _, side := range []struct{ measured, dir int }{{below, +1}, {above, -1}} {
		if side.measured < 0 {
			continue
		}
		loss := p.f[side.measured] - f
		if loss < 0 { // the profile says that it is better there: the rest of the point has changed since, so it can be tried
			value := q.Clip(q.FromUnit01(p.u[side.measured]))
			found = append(found, candidate{param: i, gain: -loss / 2, point: v.Incumbent.Point.With(i, value),
				why: fmt.Sprintf("gain-index: %s was better at %s before other parameters changed.", q.Name, q.Format(value))})
			continue
		}
		opposite := above
		if side.dir < 0 {
			opposite = below
		}
		// A loss on one side is a slope, and half of it is expected back on the other, less what curvature takes.
		if opposite < 0 && q.Move(here, side.dir, 0.2) != here {
			found = append(found, candidate{param: i, dir: side.dir, gain: math.Min(loss/2, badFactor*typical),
				why: fmt.Sprintf("%s at %s was worse than here by %.4g, and the other side has not been measured: take a step of similar size there.",
					q.Name, q.Format(q.FromUnit01(p.u[side.measured])), loss)})
		}
	}
	return found
}

// vertex is the minimum of the parabola through the incumbent and its two worse neighbours, if it lies far enough from the
// incumbent to teach something.
func vertex(v mechanisms.View, p *profile, i int, x, f float64, below, above int) []candidate {
	q := v.Space.Params[i]
	l, r := p.u[below], p.u[above]
	down, up := (f-p.f[below])/(x-l), (p.f[above]-f)/(r-x)
	curvature := (up - down) / (r - l)
	if !(curvature > 0) {
		return nil
	}
	slope := down + curvature*(x-l)
	to := x - slope/(2*curvature)
	margin := 0.05 * (r - l) // a lopsided curve overshoots: stay inside the bracket
	to = math.Max(l+margin, math.Min(r-margin, to))
	value := q.Clip(q.FromUnit01(to))
	move := q.Unit01(value) - x
	gain := -(slope*move + curvature*move*move)
	if math.Abs(move) < leastMove*(r-l) || gain <= 0 {
		return nil
	}
	return []candidate{{param: i, gain: gain, point: v.Incumbent.Point.With(i, value),
		why: fmt.Sprintf("gain-index: the parabola of %s through %s, here and %s has its minimum at %s, %.4g lower.",
			q.Name, q.Format(q.FromUnit01(l)), q.Format(q.FromUnit01(r)), q.Format(value), gain)}}
}

// openNames are the parameters measured on neither side, each with what a constraint ties to it, none twice.
func openNames(v mechanisms.View, candidates []candidate) []string {
	var names []string
	for _, c := range candidates {
		if !c.open {
			continue
		}
		for _, name := range v.Space.Tied(c.param) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
