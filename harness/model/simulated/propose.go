package simulated

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// redraws bounds how often a draw that cannot be used is drawn again within one answer.
const redraws = 60

// A proposer draws one answer.
type proposer struct {
	Profile
	f      model.Facts
	tr     trace
	limits limits
	rng    *rand.Rand
	from   mechanisms.Point
}

// propose draws the changes of one proposal. An answer that was refused before makes the next one more careful, as a model
// is that was told the reason: repeats become rarer, steps larger, and from the second refusal on the table is read for
// points that were tried.
func (m *Model) propose(f model.Facts) string {
	p := proposer{Profile: m.profile, f: f, tr: read(f), limits: limitsOf(f), rng: stream(f, "propose")}
	p.from = p.tr.incumbent.Clone()
	if len(f.Hint.From) == len(p.from) {
		for i := range p.from {
			if !slices.Contains(f.Steer.Frozen, f.Space.Params[i].Name) {
				p.from[i] = f.Hint.From[i]
			}
		}
	}
	changes, why := p.draw()
	for n := 0; n < redraws && !p.usable(changes); n++ {
		changes, why = p.draw()
	}
	return reply(p.rng, templates.Changes{Changes: p.encode(changes), Why: why})
}

// usable reports whether the answer is worth sending: it changes something, and a careful proposer keeps the constraints and
// avoids what was tried.
func (p proposer) usable(changes map[int]float64) bool {
	to := p.apply(changes)
	if to.Equal(p.from) {
		return false
	}
	if p.f.Attempt >= 1 && p.f.Space.Check(to) != nil {
		return false
	}
	v := mechanisms.View{Trials: p.f.Trials, Pending: p.f.Pending}
	return p.f.Attempt < 2 || !v.Tried(to)
}

func (p proposer) apply(changes map[int]float64) mechanisms.Point {
	to := p.from.Clone()
	for i, v := range changes {
		to[i] = v
	}
	return to
}

// draw makes one proposal by the rules of the profile.
func (p proposer) draw() (map[int]float64, string) {
	if i := p.batch(); i >= 0 && p.tr.age == 1 && !p.Uniform && p.rng.Float64() < 0.85 {
		return map[int]float64{i: p.f.Space.Params[i].Clip(2 * p.from[i])}, "A larger batch should make the gradients less noisy."
	}
	if p.rng.Float64() < p.repeatProbability() {
		if changes, ok := p.repeat(); ok {
			return changes, "This came close before; with the present incumbent it should work."
		}
	}
	if i, dir, ok := p.reversal(); ok {
		return p.change(i, dir, "Earlier changes in the other direction did not help.")
	}
	i, dir := p.stay()
	if i < 0 {
		i = p.drawParam(nil)
		dir = p.drawDirection(i)
	}
	changes, why := p.change(i, dir, "")
	for len(changes) < 3 && len(changes) < len(p.limits.allowed) && p.rng.Float64() < 0.03 {
		j := p.drawParam(changes)
		changes[j] = p.step(j, p.drawDirection(j))
		why = fmt.Sprintf("%s and %s should move together.", p.f.Space.Params[i].Name, p.f.Space.Params[j].Name)
	}
	return changes, why
}

// repeatProbability grows with the discards since the last keep: the rut.
func (p proposer) repeatProbability() float64 {
	rho := 0.95
	switch s := p.tr.discards; {
	case s <= 2:
		rho = 0.10
	case s <= 5:
		rho = 0.40
	case s <= 9:
		rho = 0.75
	}
	rho *= p.Repeat
	if p.limits.guided {
		rho *= 0.3
	}
	return rho * math.Pow(0.3, float64(p.f.Attempt))
}

// repeat takes the changes of a discarded trial of the window, the better the likelier.
func (p proposer) repeat() (map[int]float64, bool) {
	best := math.Inf(1)
	for _, m := range p.tr.recent {
		if !m.trial.Kept && m.trial.OK() {
			best = min(best, m.trial.BPB)
		}
	}
	weights := make([]float64, len(p.tr.recent))
	for k, m := range p.tr.recent {
		if !m.trial.Kept && m.trial.OK() && p.permits(m) {
			weights[k] = regret(m.trial.BPB, best)
		}
	}
	k := pick(p.rng, weights)
	if k < 0 {
		return nil, false
	}
	changes := map[int]float64{}
	for _, i := range p.tr.recent[k].changed {
		changes[i] = p.tr.recent[k].trial.Point[i]
	}
	return changes, true
}

// permits reports whether a move changes only what may be changed now, in the directions wanted.
func (p proposer) permits(m move) bool {
	for j, i := range m.changed {
		if !slices.Contains(p.limits.allowed, i) || p.limits.dirs[i] == -m.dirs[j] && m.dirs[j] != 0 {
			return false
		}
	}
	return len(m.changed) > 0
}

// reversal turns a parameter round whose trials were all discarded, which models hardly ever do.
func (p proposer) reversal() (param, dir int, ok bool) {
	chance := 0.017
	if p.tr.age > 10 {
		chance = 0.002
	}
	if p.Uniform || p.rng.Float64() >= chance {
		return 0, 0, false
	}
	for _, i := range p.tr.exhausted() {
		dir := -p.tr.lastDirection(i)
		if dir != 0 && slices.Contains(p.limits.allowed, i) && p.limits.dirs[i] != -dir {
			return i, dir, true
		}
	}
	return 0, 0, false
}

// stay returns the parameter of the last trial if the proposer stays on it, and the direction; -1 if it does not.
func (p proposer) stay() (param, dir int) {
	i, last, kept := p.tr.last()
	if i < 0 || p.Uniform || !slices.Contains(p.limits.allowed, i) {
		return -1, 0
	}
	chance := 0.65
	switch {
	case habitOf(p.f.Space.Params[i]).batch:
		chance = 0.05
	case kept:
		chance = 0.41
	}
	if p.rng.Float64() >= chance {
		return -1, 0
	}
	again := 0.88
	if habitOf(p.f.Space.Params[i]).batch {
		again = 0.98
	}
	if want := p.limits.dirs[i]; want != 0 {
		return i, want
	}
	if last == 0 || p.rng.Float64() < again {
		return i, last
	}
	return i, -last
}

// drawParam draws a parameter that is not among those taken.
func (p proposer) drawParam(taken map[int]float64) int {
	weights := make([]float64, len(p.limits.allowed))
	for k, i := range p.limits.allowed {
		if _, ok := taken[i]; ok {
			continue
		}
		weights[k] = habitOf(p.f.Space.Params[i]).weight
		if p.Uniform {
			weights[k] = 1
		}
	}
	return p.limits.allowed[max(0, pick(p.rng, weights))]
}

func (p proposer) drawDirection(i int) int {
	if want := p.limits.dirs[i]; want != 0 {
		return want
	}
	up := habitOf(p.f.Space.Params[i]).up
	if p.Uniform {
		up = 0.5
	}
	if p.rng.Float64() < up {
		return 1
	}
	return -1
}

// batch returns the parameter that is the batch size, if it may be raised; -1 if not.
func (p proposer) batch() int {
	return slices.IndexFunc(p.f.Space.Params, func(q mechanisms.Param) bool {
		i := p.f.Space.Index(q.Name)
		return habitOf(q).batch && slices.Contains(p.limits.allowed, i) && p.limits.dirs[i] >= 0
	})
}

// change proposes one step of parameter i.
func (p proposer) change(i, dir int, why string) (map[int]float64, string) {
	v := p.step(i, dir)
	if why == "" {
		q, way := p.f.Space.Params[i], "lower"
		if p.f.Space.Measure.Higher {
			way = "raise"
		}
		why = fmt.Sprintf("Moving %s from %s to %s should %s the %s.", q.Name, q.Format(p.from[i]), q.Format(v), way, p.f.Space.Measure)
	}
	return map[int]float64{i: v}, why
}

// step returns the value of parameter i one step in this direction: the habitual step, scaled by one of ½, 1, 1, 1.5, and
// 60 % larger for every failure in a row in this direction and for every refused answer.
func (p proposer) step(i, dir int) float64 {
	q, h := p.f.Space.Params[i], habitOf(p.f.Space.Params[i])
	if q.Kind == mechanisms.Choice {
		k := p.rng.IntN(max(1, q.Levels()-1))
		if k >= int(p.from[i]) {
			k++
		}
		return q.Clip(float64(k))
	}
	scale := p.Step * []float64{0.5, 1, 1, 1.5}[p.rng.IntN(4)]
	scale *= math.Pow(1.6, float64(min(p.tr.failures(i, dir)+p.f.Attempt, 6)))
	v := p.from[i] + float64(dir)*scale*additive*(q.Max-q.Min)
	if h.factor > 0 && p.from[i] > 0 {
		v = p.from[i] * math.Exp(float64(dir)*scale*math.Log(h.factor))
	}
	v = q.Clip(round(v))
	if v == p.from[i] && q.Kind != mechanisms.Float {
		v = q.Move(v, dir, 0) // separate values: at least to the next one
	}
	return v
}

// round keeps three significant digits, as a model writes numbers.
func round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return v
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// encode writes the changes by name; a choice by its label.
func (p proposer) encode(changes map[int]float64) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, i := range slices.Sorted(maps.Keys(changes)) {
		q := p.f.Space.Params[i]
		var value any = changes[i]
		if q.Kind == mechanisms.Choice {
			value = q.Format(changes[i])
		}
		b, err := json.Marshal(value)
		if err != nil {
			panic(err) // values are finite: step clips them
		}
		out[q.Name] = b
	}
	return out
}

// pick draws an index with probability in proportion to its weight; -1 when all are 0.
func pick(rng *rand.Rand, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	if total <= 0 {
		return -1
	}
	x, last := rng.Float64()*total, -1
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		if last = i; x < w {
			break
		}
		x -= w
	}
	return last // rounding may leave x a little above the last weight
}
