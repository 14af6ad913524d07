// Package momentumrepeat searches by moving one parameter at a time: it follows a winning direction with a growing step, turns
// round once after a clear loss, lets the model open untouched parameters, and bisects what is bracketed.
package momentumrepeat

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const (
	grow     = 1.6  // a direction that won is likely to win further out, so the next step is longer
	minStep  = 0.05 // shorter steps teach too little for the price of a trial
	maxStep  = 0.4  // longer ones jump over the optimum
	leap     = 0.02 // a gain of this share makes what was learned of other parameters stale
	failLoss = 0.05 // a failed trial says nothing but "not there"; this is a clear loss
	narrow   = 0.03 // a bracket with a shorter half is not worth a trial
)

// MomentumRepeat's state is, for each parameter, the nearest values known to be worse on both sides of the incumbent's.
type MomentumRepeat struct {
	Known     bool             `json:"known"` // whether the baseline was observed
	Incumbent mechanisms.Point `json:"incumbent"`
	Value     float64          `json:"value"` // of the incumbent
	HasLow    []bool           `json:"hasLow"`
	Low       []float64        `json:"low"`
	LowLoss   []float64        `json:"lowLoss"` // a share of the incumbent's value
	HasHigh   []bool           `json:"hasHigh"`
	High      []float64        `json:"high"`
	HighLoss  []float64        `json:"highLoss"`
	Moves     []int            `json:"moves"`    // trials that changed the parameter since the last leap
	RunParam  int              `json:"runParam"` // moved by the latest kept trial, if RunDir is not 0
	RunDir    int              `json:"runDir"`
	RunFrom   float64          `json:"runFrom"` // its value before that trial
}

// New returns a MomentumRepeat without history.
func New() *MomentumRepeat { return &MomentumRepeat{} }

// Propose takes the first rule that has a point; the surest rules come first.
func (m *MomentumRepeat) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := m.open(v)
	if p, ok := m.follow(v, free); ok {
		return p, nil
	}
	if p, ok := m.flip(v, free, threshold(v)); ok {
		return p, nil
	}
	if names := m.untouched(v, free); len(names) > 0 {
		return v.Ask(ctx, mechanisms.Hint{
			Params: names,
			Text:   "None of these was moved at the present scale. Change exactly one of them (two only if they belong together) by a clear step; take the one most likely to matter.",
		})
	}
	// Now that everything was touched, even a small loss is a reason to look at the other side.
	if p, ok := m.flip(v, free, 0); ok {
		return p, nil
	}
	if p, ok := m.bisect(v, free); ok {
		return p, nil
	}
	return m.wander(ctx, v)
}

// Accept keeps what is better.
func (m *MomentumRepeat) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.Better(v.Incumbent)
}

// Observe learns brackets from trials that differ from the incumbent in one parameter; others cannot be attributed.
func (m *MomentumRepeat) Observe(t mechanisms.Trial) {
	if !finite(t.Point) {
		return
	}
	if !m.Known {
		m.begin(t)
		return
	}
	if len(t.Point) != len(m.Incumbent) {
		return
	}
	var changed []int
	for i := range m.Incumbent {
		if t.Point[i] != m.Incumbent[i] {
			changed = append(changed, i)
		}
	}
	if t.Kept && t.OK() {
		m.win(t, changed)
	} else if len(changed) == 1 {
		m.lose(t, changed[0])
	}
	for _, i := range changed {
		m.Moves[i]++
	}
}

// begin takes the baseline as the first incumbent: only now the number of parameters is known.
func (m *MomentumRepeat) begin(t mechanisms.Trial) {
	if !t.Kept || !t.OK() || len(t.Point) == 0 {
		return
	}
	n := len(t.Point)
	m.Known, m.Incumbent, m.Value = true, t.Point.Clone(), t.BPB
	m.HasLow, m.Low, m.LowLoss = make([]bool, n), make([]float64, n), make([]float64, n)
	m.HasHigh, m.High, m.HighLoss = make([]bool, n), make([]float64, n), make([]float64, n)
	m.Moves = make([]int, n)
}

// win moves the incumbent; the value it leaves behind is the worse end of the bracket.
func (m *MomentumRepeat) win(t mechanisms.Trial, changed []int) {
	share := 0.0
	if m.Value > 0 {
		share = (m.Value - t.BPB) / m.Value
	}
	if share >= leap {
		for i := range m.Moves {
			m.HasLow[i], m.HasHigh[i], m.Moves[i] = false, false, 0
		}
	}
	m.RunDir = 0
	if len(changed) == 1 && share > 0 {
		i := changed[0]
		old, now := m.Incumbent[i], t.Point[i]
		m.RunParam, m.RunFrom = i, old
		if now > old {
			m.RunDir = 1
			m.HasLow[i], m.Low[i], m.LowLoss[i] = true, old, share
			m.HasHigh[i] = m.HasHigh[i] && m.High[i] > now
		} else {
			m.RunDir = -1
			m.HasHigh[i], m.High[i], m.HighLoss[i] = true, old, share
			m.HasLow[i] = m.HasLow[i] && m.Low[i] < now
		}
	} else {
		// It is unknown which of the changes helped, so their brackets mean nothing any more.
		for _, i := range changed {
			m.HasLow[i], m.HasHigh[i] = false, false
		}
	}
	m.Incumbent, m.Value = t.Point.Clone(), t.BPB
}

// lose narrows the bracket of parameter i and ends a run that went too far.
func (m *MomentumRepeat) lose(t mechanisms.Trial, i int) {
	share := failLoss
	if t.OK() && m.Value > 0 {
		share = max(0, (t.BPB-m.Value)/m.Value)
	}
	x, dir := t.Point[i], 1
	if x < m.Incumbent[i] {
		dir = -1
	}
	if dir > 0 && (!m.HasHigh[i] || x < m.High[i]) {
		m.HasHigh[i], m.High[i], m.HighLoss[i] = true, x, share
	}
	if dir < 0 && (!m.HasLow[i] || x > m.Low[i]) {
		m.HasLow[i], m.Low[i], m.LowLoss[i] = true, x, share
	}
	if m.RunDir == dir && m.RunParam == i {
		m.RunDir = 0
	}
}

// open returns the free parameters that no running trial changes; none if the state does not belong to this space.
func (m *MomentumRepeat) open(v mechanisms.View) []int {
	var free []int
	n := len(v.Space.Params)
	if len(m.Incumbent) != n || len(v.Incumbent.Point) != n {
		return free
	}
	for _, i := range v.Free() {
		busy := false
		for _, p := range v.Pending {
			if len(p.Point) == n && p.Point[i] != v.Incumbent.Point[i] {
				busy = true
			}
		}
		if !busy {
			free = append(free, i)
		}
	}
	return free
}

// untouched returns the names of the parameters that were not moved since the last leap.
func (m *MomentumRepeat) untouched(v mechanisms.View, free []int) []string {
	var names []string
	for _, i := range free {
		if m.Moves[i] == 0 {
			names = append(names, v.Space.Params[i].Name)
		}
	}
	return names
}

// follow continues the run of the latest success while nothing worse is known ahead.
func (m *MomentumRepeat) follow(v mechanisms.View, free []int) (mechanisms.Proposal, bool) {
	for _, i := range free {
		if m.RunDir == 0 || i != m.RunParam || (m.RunDir > 0 && m.HasHigh[i]) || (m.RunDir < 0 && m.HasLow[i]) {
			continue
		}
		q := v.Space.Params[i]
		size := grow * math.Abs(q.Unit01(v.Incumbent.Point[i])-q.Unit01(m.RunFrom))
		if p, ok := step(v, i, m.RunDir, size); ok {
			return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("The last step of %s won, so it goes on in the same direction.", q.Name)}, true
		}
	}
	return mechanisms.Proposal{}, false
}

// flip tries the other side of the parameter that lost most on its only tried side: a steep loss promises a slope.
func (m *MomentumRepeat) flip(v mechanisms.View, free []int, least float64) (mechanisms.Proposal, bool) {
	var best mechanisms.Proposal
	found := false
	for _, i := range free {
		if m.HasLow[i] == m.HasHigh[i] {
			continue
		}
		loss, from, dir := m.LowLoss[i], m.Low[i], 1
		if m.HasHigh[i] {
			loss, from, dir = m.HighLoss[i], m.High[i], -1
		}
		if loss <= least {
			continue
		}
		q := v.Space.Params[i]
		if p, ok := step(v, i, dir, math.Abs(q.Unit01(v.Incumbent.Point[i])-q.Unit01(from))); ok {
			best = mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s lost on one side, so the other side is tried.", q.Name)}
			found, least = true, loss
		}
	}
	return best, found
}

// bisect goes to the middle of the longest half of a bracket.
func (m *MomentumRepeat) bisect(v mechanisms.View, free []int) (mechanisms.Proposal, bool) {
	var best mechanisms.Proposal
	found, widest := false, 2*narrow
	for _, i := range free {
		if !m.HasLow[i] || !m.HasHigh[i] {
			continue
		}
		q := v.Space.Params[i]
		at, low, high := q.Unit01(v.Incumbent.Point[i]), q.Unit01(m.Low[i]), q.Unit01(m.High[i])
		dir, width := 1, high-at
		if at-low > width {
			dir, width = -1, at-low
		}
		if width <= widest {
			continue
		}
		if p, ok := step(v, i, dir, width/2); ok {
			best = mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s is bracketed; this is the middle of its wider side.", q.Name)}
			found, widest = true, width
		}
	}
	return best, found
}

// wander is for the end, when no rule applies: a random untried neighbour, else whatever the model says.
func (m *MomentumRepeat) wander(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) > 0 {
		p, ok := v.Fresh(200, func() mechanisms.Point {
			return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.3)
		})
		if ok {
			return mechanisms.Proposal{Point: p, Why: "No rule applies, so a neighbour of the incumbent is drawn."}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// step moves parameter i of the incumbent in Unit01 and reports whether the point may be tried. A label has no direction.
func step(v mechanisms.View, i, dir int, size float64) (mechanisms.Point, bool) {
	q := v.Space.Params[i]
	if len(q.Choices) > 0 {
		return nil, false
	}
	size = min(max(size, minStep), maxStep)
	if n := q.Levels(); n > 1 {
		size = max(size, 1/float64(n-1)) // or rounding would lead back
	}
	from := v.Incumbent.Point[i]
	u := min(max(q.Unit01(from)+float64(dir)*size, 0), 1)
	p := v.Incumbent.Point.With(i, q.Clip(q.FromUnit01(u)))
	return p, p[i] != from && v.Allows(p) == nil && !v.Tried(p)
}

// threshold is the loss from which a flip comes before new parameters; exploring asks for more than exploiting.
func threshold(v mechanisms.View) float64 {
	least := 0.004
	switch v.Steer.Strategy {
	case "explore":
		least = 0.01
	case "exploit":
		least = 0
	}
	if v.Incumbent.OK() && v.Incumbent.BPB > 0 {
		least = max(least, 2*v.Noise/v.Incumbent.BPB)
	}
	return least
}

// finite reports whether a point can be kept in the state: JSON has no NaN.
func finite(p mechanisms.Point) bool {
	for _, x := range p {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
