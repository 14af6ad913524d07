package simulated

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// What the simulated steering goes by. The numbers are choices of this program, not counts of a model's behaviour.
const (
	freezeAfter = 3  // discarded trials without a keep, in both or any direction, before a parameter is frozen
	thawAfter   = 10 // discards in a row before what is frozen is freed again
	leaveFree   = 6  // parameters that it never freezes, above the bound of the harness
)

// A tally is what the trace says of one parameter.
type tally struct {
	index     int
	up, down  int // trials that moved it upward, downward; a choice counts as up
	kept      int
	discarded int
}

func (t tally) trials() int { return t.up + t.down }

// count reads the tallies of all parameters from the trace, in Space order.
func (tr trace) count() []tally {
	tallies := make([]tally, len(tr.space.Params))
	for i := range tallies {
		tallies[i].index = i
	}
	for _, m := range tr.moves {
		for j, i := range m.changed {
			t := &tallies[i]
			if m.dirs[j] < 0 {
				t.down++
			} else {
				t.up++
			}
			if m.trial.Kept {
				t.kept++
			} else {
				t.discarded++
			}
		}
	}
	return tallies
}

// steer freezes what failed several times and never helped, frees everything when the search is stuck, and points to what
// was tried least.
func (m *Model) steer(f model.Facts) string {
	rng, tr := stream(f, "steer"), read(f)
	tallies := tr.count()
	c := templates.Course{Freeze: []string{}, Unfreeze: []string{}, Strategy: strategy(tr)}
	if tr.discards >= thawAfter {
		c.Unfreeze = append(c.Unfreeze, f.Steer.Frozen...)
	} else {
		c.Freeze = failed(f, tallies)
	}
	least := neglected(f, tallies, slices.Concat(f.Steer.Frozen, c.Freeze))
	c.Guidance = guidance(tr.space, least)
	c.Why = fmt.Sprintf("%d of %d trials changed something that was kept; %d trials since the last.", kept(tr), len(tr.moves), tr.discards)
	return reply(rng, c)
}

func strategy(tr trace) string {
	switch {
	case tr.discards >= 5:
		return "explore"
	case tr.discards <= 1 && len(tr.moves) > 0:
		return "exploit"
	}
	return "balanced"
}

func kept(tr trace) int {
	n := 0
	for _, m := range tr.moves {
		if m.trial.Kept {
			n++
		}
	}
	return n
}

// failed returns the free parameters whose trials were all discarded, several of them, the worst first, as far as enough
// stay free.
func failed(f model.Facts, tallies []tally) []string {
	var worst []tally
	for _, t := range tallies {
		if t.kept == 0 && t.discarded >= freezeAfter && !slices.Contains(f.Steer.Frozen, f.Space.Params[t.index].Name) {
			worst = append(worst, t)
		}
	}
	slices.SortStableFunc(worst, func(a, b tally) int { return b.discarded - a.discarded })
	names := []string{}
	for _, t := range worst {
		if len(f.Space.Params)-len(f.Steer.Frozen)-len(names) <= leaveFree {
			break
		}
		names = append(names, f.Space.Params[t.index].Name)
	}
	return names
}

// A pointer is a parameter and the direction in which it was tried less.
type pointer struct{ param, dir int }

// neglected returns up to three free parameters that were tried least, choices left out when they were tried at all.
func neglected(f model.Facts, tallies []tally, frozen []string) []pointer {
	var free []tally
	for _, t := range tallies {
		if !slices.Contains(frozen, f.Space.Params[t.index].Name) {
			free = append(free, t)
		}
	}
	slices.SortStableFunc(free, func(a, b tally) int { return a.trials() - b.trials() })
	var out []pointer
	for _, t := range free[:min(3, len(free))] {
		p := f.Space.Params[t.index]
		best, _ := f.Best()
		switch {
		case p.Kind == mechanisms.Choice:
			out = append(out, pointer{t.index, 0})
		case len(best.Point) == len(f.Space.Params) && best.Point[t.index] >= p.Max:
			out = append(out, pointer{t.index, -1})
		case t.up <= t.down || len(best.Point) == len(f.Space.Params) && best.Point[t.index] <= p.Min:
			out = append(out, pointer{t.index, 1})
		default:
			out = append(out, pointer{t.index, -1})
		}
	}
	return out
}

// guidance says it in words that name the parameters and directions.
func guidance(s mechanisms.Space, least []pointer) string {
	var parts []string
	for _, p := range least {
		switch name := s.Params[p.param].Name; {
		case p.dir > 0:
			parts = append(parts, "try raising "+name)
		case p.dir < 0:
			parts = append(parts, "try lowering "+name)
		default:
			parts = append(parts, "try another "+name)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Little is known of these: " + strings.Join(parts, "; ") + "."
}
