package memory

import (
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A verdict says what a move did.
type verdict int

const (
	nothing verdict = iota // a difference within chance
	helped
	hurt
	// unclear: the trial did something, but the share of any one of its changes is within chance. It is evidence for nothing,
	// that the parameter has no effect included.
	unclear
)

// A move is one trial as one of its changed parameters sees it.
type move struct {
	seq      int
	from, to float64 // values of the parameter
	weight   float64 // 1 over the number of independent changes of the trial
	change   float64 // of bits per byte, the parameter's share; 0 where the trial failed
	verdict  verdict
	failed   mechanisms.Status // of a trial without a value; empty otherwise
}

// movesOf returns the moves of every parameter, in Seq order.
func movesOf(s mechanisms.Space, trials []mechanisms.Trial, beyond float64) [][]move {
	all := make([][]move, len(s.Params))
	before := mechanisms.Incumbents(trials)
	for k, t := range trials {
		changed := s.Changed(before[k].Point, t.Point)
		if len(changed) == 0 || !before[k].OK() {
			continue
		}
		m := move{seq: t.Seq, weight: 1 / float64(independent(s, changed))}
		switch {
		case t.OK():
			m.change = (t.BPB - before[k].BPB) * m.weight
		case pointsFault(t.Status):
			m.failed = t.Status
		default:
			continue
		}
		m.verdict = m.judged(beyond)
		for _, i := range changed {
			m.from, m.to = before[k].Point[i], t.Point[i]
			all[i] = append(all[i], m)
		}
	}
	return all
}

// independent counts changes: parameters that a constraint ties together move together, and are one.
func independent(s mechanisms.Space, changed []int) (n int) {
	left := slices.Clone(changed)
	for len(left) > 0 {
		n++
		group := []int{left[0]}
		left = left[1:]
		for k := 0; k < len(group); k++ {
			tied := s.Tied(group[k])
			left = slices.DeleteFunc(left, func(i int) bool {
				with := slices.Contains(tied, s.Params[i].Name)
				if with {
					group = append(group, i)
				}
				return with
			})
		}
	}
	return n
}

// mostBlamed is how many independent changes a trial that failed may have had for each of them to be held to have hurt: there
// is no share of a failure to hold against chance.
const mostBlamed = 2

// judged returns what a move did, by the parameter's share of the difference and not by the whole, which may be another's
// doing. The weight must be as it was when the move was made.
func (m move) judged(beyond float64) verdict {
	switch {
	case m.failed != "" && m.weight*mostBlamed < 1:
		return unclear
	case m.failed != "" || m.change > beyond:
		return hurt
	case m.change < -beyond:
		return helped
	case math.Abs(m.change/m.weight) > beyond:
		return unclear
	}
	return nothing
}

// pointsFault reports whether a trial failed for what its point is, and not for what befell it.
func pointsFault(s mechanisms.Status) bool {
	return slices.Contains([]mechanisms.Status{mechanisms.Diverged, mechanisms.NotFinite, mechanisms.OutOfMem}, s)
}
