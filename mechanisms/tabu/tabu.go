// Package tabu forbids, for a while, moves that were just discarded: a parameter and a direction that lowered nothing in
// the last trials. When the model's proposal makes only forbidden moves, it is asked again for one that is not.
package tabu

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// tenure is for how many trials a discarded move stays forbidden: long enough to turn a proposer that repeats itself to
// other parameters, short enough that a third of a 30-trial run is not spent on a verdict from another incumbent.
const tenure = 8

// Tabu has no state: the last trials are in the view.
type Tabu struct{}

// New returns a Tabu.
func New() *Tabu { return &Tabu{} }

// A step is a change of one parameter: up, down, or 0 for another choice.
type step struct{ param, dir int }

// Propose asks the model, and once more with a hint if every change it proposes is forbidden or the point was tried.
func (*Tabu) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	answer, err := v.Ask(ctx, mechanisms.Hint{})
	if err != nil {
		return answer, err
	}
	forbidden := discarded(v)
	if !v.Tried(answer.Point) && !all(forbidden, steps(v.Space, v.Incumbent.Point, answer.Point)) {
		return answer, nil
	}
	open := allowed(v, forbidden)
	if len(open) == 0 {
		return answer, nil // every direction is forbidden: the model's choice is as good as any
	}
	s := open[v.Rand.IntN(len(open))]
	name := v.Space.Params[s.param].Name
	text := fmt.Sprintf("What you would propose was tried, or makes only moves that were discarded in the last %d trials; change %s instead.", tenure, name)
	return v.Ask(ctx, mechanisms.Hint{Text: text, Params: v.Space.Tied(s.param), Direction: s.dir})
}

// Accept keeps what is better.
func (*Tabu) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Tabu) Observe(mechanisms.Trial) {}

// discarded lists the moves of the last trials that were not kept.
func discarded(v mechanisms.View) []step {
	var moves []step
	before := mechanisms.Incumbents(v.Trials)
	for k := max(0, len(v.Trials)-tenure); k < len(v.Trials); k++ {
		if t := v.Trials[k]; !t.Kept {
			moves = append(moves, steps(v.Space, before[k].Point, t.Point)...)
		}
	}
	return moves
}

// allowed lists the moves of free parameters that are not forbidden and lead somewhere.
func allowed(v mechanisms.View, forbidden []step) []step {
	var open []step
	for _, i := range v.Free() {
		q, at := v.Space.Params[i], v.Incumbent.Point[i]
		for _, dir := range []int{-1, 0, +1} {
			leads := q.Kind != mechanisms.Choice && dir != 0 && q.Move(at, dir, 0.01) != at || q.Kind == mechanisms.Choice && dir == 0 && q.Levels() > 1
			if leads && !all(forbidden, []step{{i, dir}}) {
				open = append(open, step{i, dir})
			}
		}
	}
	return open
}

// steps lists the changes that lead from one point to another.
func steps(s mechanisms.Space, from, to mechanisms.Point) []step {
	var moves []step
	for _, i := range s.Changed(from, to) {
		moves = append(moves, step{i, s.Params[i].Direction(from[i], to[i])})
	}
	return moves
}

// all reports whether every one of moves is forbidden.
func all(forbidden, moves []step) bool {
	for _, m := range moves {
		if !slices.Contains(forbidden, m) {
			return false
		}
	}
	return true
}
