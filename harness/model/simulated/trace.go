package simulated

import (
	"math"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// window is how many trials back the simulated proposer remembers.
const window = 10

// A move is what one trial changed from the incumbent of its time.
type move struct {
	trial   mechanisms.Trial
	changed []int // indices of parameters
	dirs    []int // of each: +1, -1, or 0 for a choice
}

// A trace is the view as the proposer remembers it.
type trace struct {
	space     mechanisms.Space
	moves     []move // every trial after the first, finished
	recent    []move // the last of them, window at most
	discards  int    // trials since the last keep
	age       int    // of the context in trials, from 1
	incumbent mechanisms.Point
}

func read(f model.Facts) trace {
	tr := trace{space: f.Space, incumbent: f.Space.Default(), age: 1 + len(f.Pending)}
	if best, ok := f.Best(); ok {
		tr.incumbent = best.Point
	}
	before := mechanisms.Incumbents(f.Trials)
	for k, t := range f.Trials {
		if k == 0 || before[k].Point == nil {
			continue // the first trial of a context changes nothing
		}
		m := move{trial: t, changed: f.Space.Changed(before[k].Point, t.Point)}
		for _, i := range m.changed {
			m.dirs = append(m.dirs, f.Space.Params[i].Direction(before[k].Point[i], t.Point[i]))
		}
		tr.moves = append(tr.moves, m)
		tr.discards++
		if t.Kept {
			tr.discards = 0
		}
	}
	tr.age += len(tr.moves)
	tr.recent = tr.moves[max(0, len(tr.moves)-window):]
	return tr
}

// last returns the first parameter that the newest trial changed, its direction, and whether the trial was kept;
// parameter -1 when there is none.
func (tr trace) last() (param, dir int, kept bool) {
	if len(tr.moves) == 0 {
		return -1, 0, false
	}
	m := tr.moves[len(tr.moves)-1]
	if len(m.changed) == 0 {
		return -1, 0, m.trial.Kept
	}
	return m.changed[0], m.dirs[0], m.trial.Kept
}

// lastDirection returns the direction in which parameter i was last moved within the window, or 0.
func (tr trace) lastDirection(i int) int {
	for k := len(tr.recent) - 1; k >= 0; k-- {
		for j, p := range tr.recent[k].changed {
			if p == i {
				return tr.recent[k].dirs[j]
			}
		}
	}
	return 0
}

// failures counts how often in a row, lately, moving parameter i in this direction was discarded.
func (tr trace) failures(i, dir int) int {
	n := 0
	for k := len(tr.recent) - 1; k >= 0; k-- {
		for j, p := range tr.recent[k].changed {
			if p != i || tr.recent[k].dirs[j] != dir {
				continue
			}
			if tr.recent[k].trial.Kept {
				return n
			}
			n++
		}
	}
	return n
}

// exhausted returns the parameters whose trials in the window were all discarded, the batch size first.
func (tr trace) exhausted() []int {
	var batch, rest []int
	for i, p := range tr.space.Params {
		tried, kept := 0, 0
		for _, m := range tr.recent {
			for _, c := range m.changed {
				if c != i {
					continue
				}
				tried++
				if m.trial.Kept {
					kept++
				}
			}
		}
		switch {
		case tried == 0 || kept > 0:
		case habitOf(p).batch:
			batch = append(batch, i)
		default:
			rest = append(rest, i)
		}
	}
	return append(batch, rest...)
}

// regret weighs a discarded trial for repetition: the better it was, the more tempting. 0.003 bits per byte is the scale
// counted in the logs.
func regret(bpb, best float64) float64 {
	if math.IsNaN(bpb) {
		return 0
	}
	return math.Exp(-(bpb - best) / 0.003)
}
