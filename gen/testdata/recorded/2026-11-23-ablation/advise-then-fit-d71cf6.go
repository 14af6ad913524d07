// Package advisethenfit searches by fitting: it closes a bracket by measuring half a step to the other side of a loss, it
// proposes the vertex of a parabola through three exact values where it promises a gain, and in between it asks the model
// freely, with a text that says which sides are open.
package advisethenfit

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// leastGain is the smallest predicted gain that is worth a trial where the task has no noise.
const leastGain = 0.002

// leastShift is how far from the incumbent a vertex must lie, as a share of the bracket; a smaller shift teaches nothing.
const leastShift = 0.08

// back is the share of a step that lost which is measured on the other side, to close the bracket.
const back = 0.5

// others is how many other parameters may have moved since a value was measured, before it is held to be stale.
const others = 2

// stale is how much the incumbent may have gained since a value was measured.
const stale = 0.05

// longest is the length of the text for the model, in bytes; the contract allows 500.
const longest = 450

// mark begins the Why of this mechanism's own points, by which they are known again in the trace.
const mark = "fit:"

// AdviseThenFit has no state: everything it needs is in the trace.
type AdviseThenFit struct{}

// New returns an AdviseThenFit.
func New() *AdviseThenFit { return &AdviseThenFit{} }

// single is a complete trial that changed one numeric parameter of its base and was measured close to the incumbent.
type single struct {
	param    int
	from, to float64
	change   float64 // of BPB, negative is better
	kept     bool
}

// side is a value of a parameter, on its unit scale, with its BPB against the incumbent's.
type side struct{ x, y float64 }

// failure is a trial that was measured against the present incumbent and lost, with the parameters that it changed.
type failure struct {
	point   mechanisms.Point
	changed []int
	loss    float64
}

// Propose takes the most promising vertex, else closes a bracket, else asks freely. After an own point that failed, and
// while one is being trained, it asks, so that the model has every second trial at least.
func (m *AdviseThenFit) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	if len(v.Incumbent.Point) != len(v.Space.Params) || !v.Incumbent.OK() {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	near := singles(v)
	if !justFitted(v) {
		if p, ok := vertex(v, near); ok {
			return p, nil
		}
		if p, ok := closing(v, near); ok {
			return p, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{Text: digest(v, near)})
}

// Accept keeps what is better.
func (m *AdviseThenFit) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.Better(v.Incumbent)
}

// Observe has nothing to learn: Propose reads the trace.
func (m *AdviseThenFit) Observe(mechanisms.Trial) {}

// singles collects what the trace tells of one parameter at a time near the incumbent.
func singles(v mechanisms.View) []single {
	var found []single
	bases := mechanisms.Incumbents(v.Trials)
	n := len(v.Space.Params)
	for k, t := range v.Trials {
		if k == 0 || k >= len(bases) {
			continue
		}
		base := bases[k]
		if !t.OK() || !base.OK() || len(t.Point) != n || len(base.Point) != n {
			continue
		}
		diff := v.Space.Changed(base.Point, t.Point)
		if len(diff) != 1 || v.Space.Params[diff[0]].Direction(base.Point[diff[0]], t.Point[diff[0]]) == 0 {
			continue
		}
		i := diff[0]
		if !isNear(v, base, i) {
			continue
		}
		found = append(found, single{param: i, from: base.Point[i], to: t.Point[i], change: t.BPB - base.BPB, kept: t.Kept})
	}
	return found
}

// isNear says whether a value of parameter i that was measured from base still holds at the incumbent: little else has
// moved since, and little was gained.
func isNear(v mechanisms.View, base mechanisms.Trial, i int) bool {
	if base.BPB-v.Incumbent.BPB > stale {
		return false
	}
	moved := 0
	for _, j := range v.Space.Changed(base.Point, v.Incumbent.Point) {
		if j != i {
			moved++
		}
	}
	return moved <= others
}

// justFitted says whether an own point is being trained or has just failed; a free question comes then.
func justFitted(v mechanisms.View) bool {
	for _, p := range v.Pending {
		if strings.HasPrefix(p.Why, mark) {
			return true
		}
	}
	if len(v.Trials) == 0 {
		return false
	}
	last := v.Trials[len(v.Trials)-1]
	return strings.HasPrefix(last.Why, mark) && !last.Kept
}

// vertex proposes the vertex with the largest predicted gain, where one promises enough.
func vertex(v mechanisms.View, near []single) (mechanisms.Proposal, bool) {
	best := mechanisms.Proposal{}
	most, found := math.Max(leastGain, 2*v.Noise), false
	for _, i := range v.Free() {
		q := v.Space.Params[i]
		x0 := q.Unit01(v.Incumbent.Point[i])
		left, right, ok := bracket(v, near, i, x0)
		if !ok {
			continue
		}
		x, gain, ok := lowest(left, side{x: x0}, right)
		if !ok || gain < most || math.Abs(x-x0) < leastShift*(right.x-left.x) {
			continue
		}
		p := v.Incumbent.Point.With(i, q.Clip(q.FromUnit01(x)))
		if p.Equal(v.Incumbent.Point) || v.Allows(p) != nil || v.Tried(p) {
			continue
		}
		most, found = gain, true
		best = mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s the parabola through %s of %s, %s and %s has its lowest point at %s.", mark,
			q.Name, q.Format(q.FromUnit01(left.x)), q.Format(v.Incumbent.Point[i]), q.Format(q.FromUnit01(right.x)), q.Format(p[i]))}
	}
	return best, found
}

// closing measures the other side of the smallest loss at the incumbent whose other side nobody tried. A loss tells which way
// not to go, and without the other side there is nothing to fit.
func closing(v mechanisms.View, near []single) (mechanisms.Proposal, bool) {
	list := failures(v)
	sort.SliceStable(list, func(a, b int) bool { return list[a].loss < list[b].loss })
	for _, f := range list {
		if len(f.changed) == 1 && closed(v, near, f.changed[0]) {
			continue
		}
		p, ok := opposite(v, f)
		if !ok || v.Allows(p) != nil || v.Tried(p) {
			continue
		}
		return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s a change lost %.4f, so half of it is made the other way to close the bracket: %s.",
			mark, f.loss, v.Space.Diff(v.Incumbent.Point, p))}, true
	}
	return mechanisms.Proposal{}, false
}

// failures lists the trials that lost against the present incumbent, without own points, whose other side is where they came
// from, and without losses that the noise explains.
func failures(v mechanisms.View) []failure {
	var list []failure
	bases := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k == 0 || k >= len(bases) || !t.OK() || t.Kept || len(t.Point) != len(v.Space.Params) {
			continue
		}
		if bases[k].Seq != v.Incumbent.Seq || strings.HasPrefix(t.Why, mark) || !(t.BPB-v.Incumbent.BPB > 2*v.Noise) {
			continue
		}
		list = append(list, failure{point: t.Point, changed: v.Space.Changed(v.Incumbent.Point, t.Point), loss: t.BPB - v.Incumbent.BPB})
	}
	return list
}

// opposite is the incumbent moved by half of a failed change, the other way; frozen parameters and choices stay.
func opposite(v mechanisms.View, f failure) (mechanisms.Point, bool) {
	p := v.Incumbent.Point.Clone()
	for _, i := range f.changed {
		q := v.Space.Params[i]
		now := v.Incumbent.Point[i]
		dir := q.Direction(now, f.point[i])
		if dir == 0 || v.Frozen(i) {
			continue
		}
		p[i] = q.Move(now, -dir, back*math.Abs(q.Unit01(f.point[i])-q.Unit01(now)))
	}
	return p, !p.Equal(v.Incumbent.Point)
}

// closed says whether values of parameter i are known on both sides of the incumbent's.
func closed(v mechanisms.View, near []single, i int) bool {
	x0 := v.Space.Params[i].Unit01(v.Incumbent.Point[i])
	below, above := false, false
	for _, s := range sides(v, near, i) {
		below = below || s.x < x0
		above = above || s.x > x0
	}
	return below && above
}

// bracket finds the nearest worse values of parameter i on both sides of the incumbent's.
func bracket(v mechanisms.View, near []single, i int, x0 float64) (left, right side, ok bool) {
	hasLeft, hasRight := false, false
	for _, s := range sides(v, near, i) {
		if !(s.y > 2*v.Noise) {
			continue
		}
		if s.x < x0 && (!hasLeft || s.x > left.x) {
			left, hasLeft = s, true
		}
		if s.x > x0 && (!hasRight || s.x < right.x) {
			right, hasRight = s, true
		}
	}
	return left, right, hasLeft && hasRight
}

// sides turns the singles of parameter i into values against the incumbent: those measured from the incumbent's value, and
// the value that the incumbent's replaced.
func sides(v mechanisms.View, near []single, i int) []side {
	q := v.Space.Params[i]
	now := v.Incumbent.Point[i]
	var list []side
	for _, s := range near {
		switch {
		case s.param != i:
		case s.from == now:
			list = append(list, side{x: q.Unit01(s.to), y: s.change})
		case s.kept && s.to == now:
			list = append(list, side{x: q.Unit01(s.from), y: -s.change})
		}
	}
	return list
}

// lowest is the vertex of the parabola through three values, and by how much it lies below the middle one.
func lowest(a, b, c side) (x, gain float64, ok bool) {
	if !(a.x < b.x && b.x < c.x) {
		return 0, 0, false
	}
	first := (b.y - a.y) / (b.x - a.x)
	second := (c.y - b.y) / (c.x - b.x)
	bend := (second - first) / (c.x - a.x)
	if !(bend > 0) {
		return 0, 0, false
	}
	slope := first + bend*(b.x-a.x)
	x = b.x - slope/(2*bend)
	return x, slope * slope / (4 * bend), x > a.x && x < c.x
}

// digest is the text for the model: which sides are open here, and what nothing has touched. It binds nothing, because the
// model's own choice has the whole table and the guidance before it.
func digest(v mechanisms.View, near []single) string {
	text := join("", "Open sides here: ", openSides(v, near), 4)
	return join(text, "Never touched: ", untouched(v), 6)
}

// join adds a list of at most so many items to the text, as far as they fit.
func join(text, head string, items []string, most int) string {
	added := false
	for k, item := range items {
		if k == most {
			break
		}
		piece := ", " + item
		if !added {
			piece = head + item
			if text != "" {
				piece = " " + piece
			}
		}
		if len(text)+len(piece)+1 > longest {
			break
		}
		text += piece
		added = true
	}
	if added {
		text += "."
	}
	return text
}

// openSides names, with the smallest loss first, the sides that were not tried where the other side lost.
func openSides(v mechanisms.View, near []single) []string {
	type open struct {
		text string
		loss float64
	}
	var list []open
	for _, i := range v.Free() {
		down, up := losses(v, near, i)
		q := v.Space.Params[i]
		now := v.Incumbent.Point[i]
		switch {
		case down > 0 && up == 0 && q.Move(now, +1, 0.05) != now:
			list = append(list, open{fmt.Sprintf("%s up (down lost %.3f)", q.Name, down), down})
		case up > 0 && down == 0 && q.Move(now, -1, 0.05) != now:
			list = append(list, open{fmt.Sprintf("%s down (up lost %.3f)", q.Name, up), up})
		}
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].loss < list[b].loss })
	texts := make([]string, 0, len(list))
	for _, o := range list {
		texts = append(texts, o.text)
	}
	return texts
}

// losses is the smallest loss known on each side of the incumbent's value of parameter i; 0 where that side is not known.
func losses(v mechanisms.View, near []single, i int) (down, up float64) {
	x0 := v.Space.Params[i].Unit01(v.Incumbent.Point[i])
	for _, s := range sides(v, near, i) {
		if !(s.y > 0) {
			continue
		}
		if s.x < x0 && (down == 0 || s.y < down) {
			down = s.y
		}
		if s.x > x0 && (up == 0 || s.y < up) {
			up = s.y
		}
	}
	return down, up
}

// untouched names the free parameters that no trial and nothing being trained changed.
func untouched(v mechanisms.View) []string {
	n := len(v.Space.Params)
	seen := make([]bool, n)
	bases := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k == 0 || k >= len(bases) || len(t.Point) != n || len(bases[k].Point) != n {
			continue
		}
		for _, i := range v.Space.Changed(bases[k].Point, t.Point) {
			seen[i] = true
		}
	}
	for _, p := range v.Pending {
		if len(p.Point) != n {
			continue
		}
		for _, i := range v.Space.Changed(v.Incumbent.Point, p.Point) {
			seen[i] = true
		}
	}
	var names []string
	for _, i := range v.Free() {
		if !seen[i] {
			names = append(names, v.Space.Params[i].Name)
		}
	}
	return names
}
