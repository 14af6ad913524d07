// Package jointvertex searches by fitting each parameter's curve around the incumbent from the trials so far, and moving all
// parameters with a promising vertex or slope in one trial.
package jointvertex

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const (
	stale   = 1.02 // evidence from an incumbent this much worse was gathered in another landscape
	damp    = 0.4  // of the distance to a loss: its mirror image is a guess, so only a part of the way is gone
	longest = 0.12 // of a one-sided step, as a share of the range
	least   = 0.01 // offsets below this are not worth a change
)

// JointVertex has no state: the trials in the view hold everything it needs, those of other mechanisms included.
type JointVertex struct{}

// curve is what is known of one parameter: the nearest losses on both sides, as distances and amounts.
type curve struct {
	down, downLoss float64 // down is 0 if nothing worse is known below
	up, upLoss     float64
}

// New returns a JointVertex.
func New() *JointVertex { return &JointVertex{} }

// Propose tries the boldest combination first and a more careful one after each failure, then asks the model.
func (m *JointVertex) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	curves := learn(v)
	for plan := attempts(v); plan < 3; plan++ {
		p, ok := combine(v, curves, plan)
		if ok && v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: why(v, p)}, nil
		}
	}
	return ask(ctx, v, curves)
}

// Accept keeps what is better.
func (m *JointVertex) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.Better(v.Incumbent)
}

// Observe has nothing to learn: Propose reads the view.
func (m *JointVertex) Observe(t mechanisms.Trial) {}

// learn collects, for each parameter, the losses next to the incumbent's value.
func learn(v mechanisms.View) []curve {
	curves := make([]curve, len(v.Space.Params))
	now := v.Incumbent
	if len(now.Point) != len(curves) || !now.OK() {
		return curves
	}
	before := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if !t.OK() || len(t.Point) != len(curves) {
			continue
		}
		if d := differ(t.Point, now.Point); len(d) == 1 {
			curves[d[0]].add(v, d[0], t.Point[d[0]], t.BPB-now.BPB)
			continue
		}
		if k >= len(before) || !before[k].OK() || len(before[k].Point) != len(curves) || before[k].BPB > stale*now.BPB {
			continue
		}
		// The trial was measured elsewhere, but its effect on this parameter started from the same value.
		q := before[k]
		if d := differ(t.Point, q.Point); len(d) == 1 && q.Point[d[0]] == now.Point[d[0]] {
			curves[d[0]].add(v, d[0], t.Point[d[0]], t.BPB-q.BPB)
		}
	}
	return curves
}

// add notes a loss at a value of parameter i if it is the nearest on its side and more than noise.
func (c *curve) add(v mechanisms.View, i int, value, loss float64) {
	q := v.Space.Params[i]
	offset := q.Unit01(value) - q.Unit01(v.Incumbent.Point[i])
	if loss <= 2*v.Noise || math.IsNaN(offset) {
		return
	}
	if offset > 0 && (c.up == 0 || offset < c.up) {
		c.up, c.upLoss = offset, loss
	}
	if offset < 0 && (c.down == 0 || -offset < c.down) {
		c.down, c.downLoss = -offset, loss
	}
}

// vertex is where the parabola through the incumbent and both losses is lowest, as an offset. It lies between the halves.
func (c curve) vertex() float64 {
	if c.up == 0 || c.down == 0 {
		return 0
	}
	bend := (c.downLoss/c.down + c.upLoss/c.up) / (c.down + c.up)
	slope := c.upLoss/c.up - bend*c.up
	return -slope / (2 * bend)
}

// away is a short step from the loss on the only side that was tried.
func (c curve) away() float64 {
	switch {
	case c.up > 0 && c.down == 0:
		return -min(damp*c.up, longest)
	case c.down > 0 && c.up == 0:
		return min(damp*c.down, longest)
	}
	return 0
}

// combine builds the point of a plan: 0 takes vertices and one-sided steps, 1 only the vertices, which are surer,
// 2 only the one-sided steps at half length, in case the vertices were wrong.
func combine(v mechanisms.View, curves []curve, plan int) (mechanisms.Point, bool) {
	if len(v.Incumbent.Point) != len(curves) {
		return nil, false
	}
	p := v.Incumbent.Point.Clone()
	for _, i := range v.Free() {
		q := v.Space.Params[i]
		if len(q.Choices) > 0 {
			continue // labels have no order, hence no curve
		}
		offset := 0.0
		if plan < 2 {
			offset = curves[i].vertex()
		}
		switch plan {
		case 0:
			offset += curves[i].away() // one of the two is 0
		case 2:
			offset = curves[i].away() / 2
		}
		if math.Abs(offset) < least {
			continue
		}
		u := min(max(q.Unit01(p[i])+offset, 0), 1)
		p = p.With(i, q.Clip(q.FromUnit01(u)))
	}
	return p, !p.Equal(v.Incumbent.Point)
}

// attempts counts the joint moves from the present incumbent, those under way included.
func attempts(v mechanisms.View) int {
	n := 0
	before := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k < len(before) && before[k].Seq == v.Incumbent.Seq && len(differ(t.Point, v.Incumbent.Point)) > 1 {
			n++
		}
	}
	for _, p := range v.Pending {
		if len(differ(p.Point, v.Incumbent.Point)) > 1 {
			n++
		}
	}
	return n
}

// ask lets the model open a parameter of which nothing is known here.
func ask(ctx context.Context, v mechanisms.View, curves []curve) (mechanisms.Proposal, error) {
	var names []string
	for _, i := range v.Free() {
		if i < len(curves) && curves[i].up == 0 && curves[i].down == 0 {
			names = append(names, v.Space.Params[i].Name)
		}
	}
	if len(names) == 0 {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	return v.Ask(ctx, mechanisms.Hint{
		Params: names,
		Text:   "Nothing is known of these parameters at the present incumbent. Change the one most likely to matter, by a clear step.",
	})
}

// why names what moves, so that the trace can be read.
func why(v mechanisms.View, p mechanisms.Point) string {
	var names []string
	for _, i := range differ(p, v.Incumbent.Point) {
		names = append(names, v.Space.Params[i].Name)
	}
	return fmt.Sprintf("The measured curves say that %s are best moved together to here.", strings.Join(names, ", "))
}

// differ returns the parameters in which two points differ; none if they are not of the same space.
func differ(p, q mechanisms.Point) []int {
	var changed []int
	if len(p) != len(q) {
		return changed
	}
	for i := range p {
		if p[i] != q[i] {
			changed = append(changed, i)
		}
	}
	return changed
}
