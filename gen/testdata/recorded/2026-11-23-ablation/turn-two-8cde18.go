// Package turntwo searches by turning the two steepest one-sided losses round together, retreating to the steeper one alone
// if that fails, and asking the model freely otherwise.
package turntwo

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// small and large bound the losses that are turned round where no noise is known of: a smaller one may be chance, and a
// larger one is a wall that says little about what is near.
const small, large = 0.012, 0.04

// rescaled is the factor between two numbers of steps from which a loss was measured at another scale of training.
const rescaled = 1.5

// share is how much of the step that lost is made the other way.
const share = 0.5

// failures is how many own points may fail at one incumbent.
const failures = 2

// twoWord and oneWord begin the reasons of own points, by which they are known again in the trace.
const twoWord, oneWord = "turn:", "back:"

// TurnTwo has no state: everything it needs is in the trace.
type TurnTwo struct{}

// New returns a TurnTwo.
func New() *TurnTwo { return &TurnTwo{} }

// loss is a change of one numeric parameter that cost something, and whose better end the incumbent still has.
type loss struct {
	place, param, dir int // dir is the way that lost
	size, cost        float64
}

// Propose turns two losses round, or one, unless a question is due.
func (m *TurnTwo) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	if len(v.Incumbent.Point) != len(v.Space.Params) || !v.Incumbent.OK() || questionDue(v) || failed(v) >= failures {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	open := openLosses(v)
	if !retreating(v) {
		if p, ok := two(v, open); ok {
			return p, nil
		}
	}
	if p, ok := one(v, open); ok {
		return p, nil
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (m *TurnTwo) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.Better(v.Incumbent)
}

// Observe has nothing to learn: Propose reads the trace.
func (m *TurnTwo) Observe(mechanisms.Trial) {}

// own says whether a reason is that of an own point.
func own(why string) bool {
	return strings.HasPrefix(why, twoWord) || strings.HasPrefix(why, oneWord)
}

// lastFailed says whether the newest finished trial has a reason that begins with a word and was not kept.
func lastFailed(v mechanisms.View, word string) bool {
	if len(v.Trials) == 0 {
		return false
	}
	last := v.Trials[len(v.Trials)-1]
	return strings.HasPrefix(last.Why, word) && !last.Kept
}

// retreating says whether two losses were just turned round in vain: then one of them is tried alone.
func retreating(v mechanisms.View) bool { return lastFailed(v, twoWord) }

// questionDue says whether an own point is being trained, or one alone has just failed.
func questionDue(v mechanisms.View) bool {
	for _, p := range v.Pending {
		if own(p.Why) {
			return true
		}
	}
	return lastFailed(v, oneWord)
}

// failed counts the own points that failed against the present incumbent.
func failed(v mechanisms.View) int {
	n := 0
	bases := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k > 0 && k < len(bases) && own(t.Why) && !t.Kept && bases[k].Seq == v.Incumbent.Seq {
			n++
		}
	}
	return n
}

// usable says whether a trial and its base have values and points of this space.
func usable(v mechanisms.View, t, base mechanisms.Trial) bool {
	n := len(v.Space.Params)
	return t.OK() && base.OK() && len(t.Point) == n && len(base.Point) == n
}

// openLosses lists the losses at the incumbent whose other side nobody tried, the steepest first.
func openLosses(v mechanisms.View) []loss {
	latest := make([]loss, len(v.Space.Params))
	bases := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k == 0 || k >= len(bases) {
			continue
		}
		if l, ok := asLoss(v, bases[k], t); ok {
			l.place = k
			latest[l.param] = l
		}
	}
	var list []loss
	for _, l := range latest {
		if l.place > 0 && !tried(v, l) {
			list = append(list, l)
		}
	}
	sort.SliceStable(list, func(a, b int) bool {
		x, y := list[a].cost/list[a].size, list[b].cost/list[b].size
		if x != y {
			return x > y
		}
		return list[a].place > list[b].place
	})
	return list
}

// asLoss reads a trial as a loss that may be turned round.
func asLoss(v mechanisms.View, base, t mechanisms.Trial) (loss, bool) {
	if !usable(v, t, base) || t.Kept || own(t.Why) || rescaledSince(v, base) {
		return loss{}, false
	}
	changed := v.Space.Changed(base.Point, t.Point)
	if len(changed) != 1 {
		return loss{}, false
	}
	i := changed[0]
	q := v.Space.Params[i]
	dir := q.Direction(base.Point[i], t.Point[i])
	if dir == 0 || v.Frozen(i) || len(v.Space.Tied(i)) > 1 || v.Incumbent.Point[i] != base.Point[i] {
		return loss{}, false
	}
	cost := t.BPB - base.BPB
	size := math.Abs(q.Unit01(t.Point[i]) - q.Unit01(base.Point[i]))
	if !(size > 0) || cost < math.Max(small, 3*v.Noise) || cost > math.Max(large, 10*v.Noise) {
		return loss{}, false
	}
	return loss{param: i, dir: dir, size: size, cost: cost}, true
}

// rescaledSince says whether the incumbent is trained for another number of steps than the base of a loss.
func rescaledSince(v mechanisms.View, base mechanisms.Trial) bool {
	was, is := float64(base.Steps), float64(v.Incumbent.Steps)
	return was > 0 && is > 0 && math.Max(was, is) > rescaled*math.Min(was, is)
}

// tried says whether a trial went the other way from the incumbent's value. An own point that moved two parameters does not
// count, for it does not tell which of them it was.
func tried(v mechanisms.View, l loss) bool {
	q := v.Space.Params[l.param]
	bases := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if k == 0 || k >= len(bases) || !usable(v, t, bases[k]) || strings.HasPrefix(t.Why, twoWord) {
			continue
		}
		from := bases[k].Point[l.param]
		if from == v.Incumbent.Point[l.param] && q.Direction(from, t.Point[l.param]) == -l.dir {
			return true
		}
	}
	return false
}

// turn moves a parameter of p half of the lost step the other way; ok is false where it stands at its end.
func turn(v mechanisms.View, p mechanisms.Point, l loss) bool {
	value := v.Space.Params[l.param].Move(p[l.param], -l.dir, share*l.size)
	if value == p[l.param] {
		return false
	}
	p[l.param] = value
	return true
}

// two turns the steepest two losses round in one point.
func two(v mechanisms.View, open []loss) (mechanisms.Proposal, bool) {
	for b := range open {
		for a := range b {
			p := v.Incumbent.Point.Clone()
			if !turn(v, p, open[a]) || !turn(v, p, open[b]) || v.Allows(p) != nil || v.Tried(p) {
				continue
			}
			return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s two changes lost %.4f and %.4f, so half of both is made the other way: %s.",
				twoWord, open[a].cost, open[b].cost, v.Space.Diff(v.Incumbent.Point, p))}, true
		}
	}
	return mechanisms.Proposal{}, false
}

// one turns the steepest loss round by itself.
func one(v mechanisms.View, open []loss) (mechanisms.Proposal, bool) {
	for _, l := range open {
		p := v.Incumbent.Point.Clone()
		if !turn(v, p, l) || v.Allows(p) != nil || v.Tried(p) {
			continue
		}
		return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s a change lost %.4f, so half of it is made the other way: %s.",
			oneWord, l.cost, v.Space.Diff(v.Incumbent.Point, p))}, true
	}
	return mechanisms.Proposal{}, false
}
