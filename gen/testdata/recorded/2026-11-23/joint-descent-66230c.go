// Package jointdescent moves all free parameters at once by a damped Newton step, from the slope and curvature that each
// parameter's own trials show at the incumbent, and asks the model about the least measured parameter in every second trial.
package jointdescent

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// mark begins the reason of every joint step, which is how later proposals recognise it.
const mark = "joint step: "

// damping is the share of the full step that is taken: parameters interact, and each profile knows only its own axis.
const damping = 0.6

// cap limits a move to this share of a parameter's range: a parabola holds near its points only.
const maxMove = 0.15

// patience is how many joint steps may fail, each half as long as the one before, until something else is kept.
const patience = 4

// JointDescent has no state: everything is read off the trials.
type JointDescent struct{}

// New returns a JointDescent.
func New() *JointDescent { return &JointDescent{} }

// profile is bits per byte relative to a zero of the parameter's own, at places u on its scale from 0 to 1.
type profile struct {
	u, f  []float64
	tries int
}

// Propose makes a joint step where the trials show a slope and the last trial was none; otherwise it asks.
func (*JointDescent) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	profiles, typical := build(v)
	failed, just := jointFailures(v)
	if !just && failed < patience {
		if p, ok := joint(v, profiles, typical, damping*math.Pow(0.5, float64(failed))); ok {
			return mechanisms.Proposal{Point: p, Why: mark + v.Space.Diff(v.Incumbent.Point, p) + "."}, nil
		}
	}
	i := leastMeasured(v, profiles)
	if i < 0 {
		return mechanisms.Proposal{}, fmt.Errorf("choose a parameter: none of %d is free", len(v.Space.Params))
	}
	return v.Ask(ctx, mechanisms.Hint{
		Params: v.Space.Tied(i),
		Text:   fmt.Sprintf("%s is the least measured: a step of moderate size on the side that is open, so that the next joint step knows its slope.", v.Space.Params[i].Name),
	})
}

// Accept keeps what is better.
func (*JointDescent) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn: the view holds every trial.
func (*JointDescent) Observe(mechanisms.Trial) {}

// jointFailures counts the joint steps that failed since the last kept trial, and tells whether the newest trial is one.
func jointFailures(v mechanisms.View) (failed int, just bool) {
	for _, t := range v.Trials {
		just = strings.HasPrefix(t.Why, mark)
		if t.Kept {
			failed = 0
		} else if just {
			failed++
		}
	}
	for _, p := range v.Pending {
		just = just || strings.HasPrefix(p.Why, mark)
	}
	return failed, just
}

// build chains the trials that changed one parameter to profiles, and returns the median size of their effects with them.
func build(v mechanisms.View) ([]profile, float64) {
	profiles := make([]profile, len(v.Space.Params))
	var sizes []float64
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
		profiles[i].tries++
		if !t.OK() || !from.OK() {
			continue
		}
		q := v.Space.Params[i]
		effect := t.BPB - from.BPB
		sizes = append(sizes, math.Abs(effect))
		profiles[i].add(q.Unit01(from.Point[i]), q.Unit01(t.Point[i]), effect)
	}
	if len(sizes) == 0 {
		return profiles, 0
	}
	slices.Sort(sizes)
	return profiles, sizes[len(sizes)/2]
}

// credited is the parameter that a change from p to q tells of: the one that moved furthest, if a constraint ties all others
// that moved to it; -1 if independent parameters moved, whose shares nobody knows.
func credited(v mechanisms.View, p, q mechanisms.Point) int {
	best, width := -1, -1.0
	changed := v.Space.Changed(p, q)
	for _, i := range changed {
		if w := math.Abs(v.Space.Params[i].Unit01(q[i]) - v.Space.Params[i].Unit01(p[i])); w > width {
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

// add notes that going from one place to another changed the value by effect.
func (p *profile) add(from, to, effect float64) {
	k := slices.Index(p.u, from)
	if k < 0 { // a joint step moved the incumbent here: the old places have no common zero with this one
		p.u, p.f = []float64{from}, []float64{0}
		k = 0
	}
	value := p.f[k] + effect
	if at := slices.Index(p.u, to); at >= 0 {
		p.f[at] = value
		return
	}
	p.u, p.f = append(p.u, to), append(p.f, value)
}

// joint is the incumbent with every free parameter moved by share of the step to its own predicted minimum.
func joint(v mechanisms.View, profiles []profile, typical, share float64) (mechanisms.Point, bool) {
	p := v.Incumbent.Point.Clone()
	for _, i := range v.Free() {
		q := v.Space.Params[i]
		if q.Kind == mechanisms.Choice || pending(v, i) {
			continue
		}
		x := q.Unit01(p[i])
		move := profiles[i].move(x, v.Noise, typical)
		move = share * math.Max(-maxMove, math.Min(maxMove, move))
		if move != 0 {
			p[i] = q.Clip(q.FromUnit01(x + move))
		}
	}
	if v.Allows(p) != nil { // a constraint ties some of them: leave those alone
		for i := range p {
			if len(v.Space.Tied(i)) > 1 {
				p[i] = v.Incumbent.Point[i]
			}
		}
	}
	return p, !p.Equal(v.Incumbent.Point) && v.Allows(p) == nil && !v.Tried(p)
}

// move is the way from x to the minimum that the profile predicts; 0 if it predicts none.
func (p *profile) move(x, noise, typical float64) float64 {
	here := slices.Index(p.u, x)
	if here < 0 {
		return 0
	}
	f := p.f[here]
	below, above := -1, -1
	for k, u := range p.u {
		if u < x && (below < 0 || u > p.u[below]) {
			below = k
		}
		if u > x && (above < 0 || u < p.u[above]) {
			above = k
		}
	}
	switch {
	case below >= 0 && above >= 0:
		return p.vertex(x, f, below, above)
	case below >= 0:
		return oneSided(p.f[below]-f, x-p.u[below], noise, typical)
	case above >= 0:
		return -oneSided(p.f[above]-f, p.u[above]-x, noise, typical)
	}
	return 0
}

// vertex is the way to the minimum of the parabola through three places, at most half the way to the neighbour on that side.
func (p *profile) vertex(x, f float64, below, above int) float64 {
	l, r := p.u[below], p.u[above]
	down, up := (f-p.f[below])/(x-l), (p.f[above]-f)/(r-x)
	curvature := (up - down) / (r - l)
	if !(curvature > 0) {
		return 0
	}
	slope := down + curvature*(x-l)
	return math.Max(-(x-l)/2, math.Min((r-x)/2, -slope/(2*curvature)))
}

// oneSided is the way to go from a neighbour that is worse by loss at the given distance. Half of the loss is taken for slope
// and half for curvature, which puts the minimum half the distance away; noise and cliffs tell of no slope.
func oneSided(loss, distance, noise, typical float64) float64 {
	if loss <= 2*noise || loss > 4*typical {
		return 0
	}
	return distance / 2
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

// leastMeasured is the free parameter with the fewest trials of its own; a draw breaks ties without favouring the first.
func leastMeasured(v mechanisms.View, profiles []profile) int {
	best, fewest := -1, math.Inf(1)
	for _, i := range v.Free() {
		tries := float64(profiles[i].tries) + 0.5*v.Rand.Float64()
		if pending(v, i) {
			tries++
		}
		if tries < fewest {
			best, fewest = i, tries
		}
	}
	return best
}
