// Package orthogonal sweeps the free parameters by orthogonal arrays: seven parameters are moved at once by the rows of an
// L8 array, so that seven trials measure seven effects at the precision of four trials on each side; then the combination
// of every move that helped is tried. The next sweep takes the next seven parameters, and then the other directions.
package orthogonal

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// name is what the loop writes in Trial.By; rows are recognised by it.
const name = "orthogonal"

// The two-level array L8 (Taguchi and Wu 1979; a saturated 2^(7-4) design): row r moves column c when the bits that r and c
// share are odd in number. Row 0 moves nothing and is the base, which has been measured already.
const (
	columns = 7
	rows    = 7
	cycle   = rows + 1 // with the best combination
)

// coarse is the first step, as a share of a parameter's range; it halves when every parameter was moved in both directions.
const coarse = 0.2

// Orthogonal's state says where in which sweep the run is.
type Orthogonal struct {
	Incumbent mechanisms.Point `json:"incumbent"` // as it is after the trials observed
	Base      mechanisms.Point `json:"base"`      // row 0 of this sweep
	BaseBPB   float64          `json:"base_bpb"`  // bits per byte of Base
	BestBPB   float64          `json:"best_bpb"`  // bits per byte of Incumbent
	Start     int              `json:"start"`     // Seq of the sweep's first trial
	Sweep     int              `json:"sweep"`     // sweeps finished
	Done      int              `json:"done"`      // trials of this sweep finished, below cycle
}

// New returns an Orthogonal before its first sweep.
func New() *Orthogonal { return &Orthogonal{} }

// Propose returns the next row of the sweep, the best combination after the last row, or a random neighbour of the
// incumbent where the space or an earlier trial leaves no room for either.
func (m *Orthogonal) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) == 0 || len(m.Base) != len(v.Space.Params) {
		return mechanisms.Proposal{}, fmt.Errorf("sweep: %d free parameters and a base of %d values, want at least one and %d", len(free), len(m.Base), len(v.Space.Params))
	}
	at := m.Done
	for _, p := range v.Pending {
		if p.By == name {
			at++
		}
	}
	moved, why := m.plan(v, free, at)
	for _, stretch := range []float64{1, 2, 0.5} { // the best combination may be a row; then it goes on in its direction
		p := m.point(v, free, moved, stretch)
		for cut := moved; v.Allows(p) != nil && len(cut) > 0; { // what a constraint forbids is cut back until it is allowed
			cut = cut[:len(cut)-1]
			p = m.point(v, free, cut, stretch)
		}
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: why + v.Space.Diff(m.Base, p)}, nil
		}
	}
	p, _ := v.Fresh(200, func() mechanisms.Point {
		return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], coarse)
	})
	return mechanisms.Proposal{Point: p, Why: "nothing new in the sweep; a random move: " + v.Space.Diff(v.Incumbent.Point, p)}, nil
}

// Accept keeps what is better.
func (m *Orthogonal) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts the sweep's own trials, and moves the base to the incumbent between sweeps.
func (m *Orthogonal) Observe(t mechanisms.Trial) {
	if t.Kept {
		m.Incumbent, m.BestBPB = t.Point.Clone(), t.BPB
	}
	if t.By == name {
		m.Done++
	}
	if m.Done >= cycle {
		m.Sweep, m.Done = m.Sweep+1, 0
	}
	if m.Done == 0 {
		m.Base, m.BaseBPB, m.Start = m.Incumbent, m.BestBPB, t.Seq+1
	}
}

// plan returns which columns the trial moves, and why.
func (m *Orthogonal) plan(v mechanisms.View, free []int, at int) (moved []int, why string) {
	if at >= cycle {
		return nil, "" // trials side by side have run ahead of the sweep's end
	}
	if at < rows {
		row := uint(at + 1)
		for c := range min(columns, len(free)) {
			if bits.OnesCount(row&uint(c+1))%2 == 1 {
				moved = append(moved, c)
			}
		}
		return moved, fmt.Sprintf("sweep %d, row %d: ", m.Sweep+1, row)
	}
	return m.helpful(v, free), fmt.Sprintf("sweep %d, the moves that helped together: ", m.Sweep+1)
}

// helpful returns the columns whose move lowered the mean of the sweep's trials, the base among them. A trial without a
// value counts as the worst one that has a value: it says that its moves are bad, but not by how much.
func (m *Orthogonal) helpful(v mechanisms.View, free []int) []int {
	worst := m.BaseBPB
	for _, t := range v.Trials {
		if t.Seq >= m.Start && t.OK() {
			worst = max(worst, t.BPB)
		}
	}
	var good []int
	for c := range min(columns, len(free)) {
		i, _, _ := m.column(free, c)
		sum, n := [2]float64{m.BaseBPB, 0}, [2]float64{1, 0}
		for _, t := range v.Trials {
			if t.Seq < m.Start || t.By != name || len(t.Point) != len(m.Base) {
				continue
			}
			value, side := worst, 0
			if t.OK() {
				value = t.BPB
			}
			if t.Point[i] != m.Base[i] {
				side = 1
			}
			sum[side] += value
			n[side]++
		}
		if n[1] > 0 && sum[1]/n[1] < sum[0]/n[0] {
			good = append(good, c)
		}
	}
	return good
}

// point moves the given columns of the base, by stretch times the sweep's step; a parameter frozen since the sweep began is as the incumbent has it.
func (m *Orthogonal) point(v mechanisms.View, free, moved []int, stretch float64) mechanisms.Point {
	p := v.Incumbent.Point.Clone()
	for _, i := range free {
		p[i] = m.Base[i]
	}
	for _, c := range moved {
		i, dir, size := m.column(free, c)
		p[i] = away(v.Space.Params[i], m.Base[i], dir, stretch*size)
	}
	return p
}

// column returns which parameter column c moves in this sweep, in which direction and how far. The parameters are dealt
// round in order; every second deal goes down, and after a deal each way the step halves.
func (m *Orthogonal) column(free []int, c int) (i, dir int, size float64) {
	k := m.Sweep*min(columns, len(free)) + c
	deal := k / len(free)
	dir, size = 1, coarse
	if deal%2 == 1 {
		dir = -1
	}
	for range min(deal/2, 6) {
		size /= 2
	}
	return free[k%len(free)], dir, size
}

// away moves a value, the other way at the end of the range; a Choice goes round.
func away(q mechanisms.Param, from float64, dir int, size float64) float64 {
	if n := q.Levels(); q.Kind == mechanisms.Choice {
		return q.Level((int(from) + dir + n) % n)
	}
	if to := q.Move(from, dir, size); to != from {
		return to
	}
	return q.Move(from, -dir, size)
}
