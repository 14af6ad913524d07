// Package coordinate is keep/discard with random moves of one parameter and no model: what a model's judgement has to beat.
package coordinate

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The size of a move is drawn log-uniformly between these shares of the parameter's range, so that coarse and fine steps
// are equally likely at every stage of a short run.
const (
	smallest = 0.03
	largest  = 0.5
)

// draws bounds the search for a move that was not tried.
const draws = 200

// Coordinate has no state: the incumbent is in the view.
type Coordinate struct{}

// New returns a Coordinate.
func New() *Coordinate { return &Coordinate{} }

// Propose changes one free parameter of the incumbent, drawn uniformly, by a random step either way.
func (*Coordinate) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) == 0 {
		return mechanisms.Proposal{}, fmt.Errorf("propose a move: all %d parameters are frozen, want one that is free", len(v.Space.Params))
	}
	base := v.Incumbent.Point
	p, _ := v.Fresh(draws, func() mechanisms.Point {
		size := smallest * math.Pow(largest/smallest, v.Rand.Float64())
		return v.Nudge(base, free[v.Rand.IntN(len(free))], size)
	})
	return mechanisms.Proposal{Point: p, Why: "random move: " + v.Space.Diff(base, p)}, nil
}

// Accept keeps what is better.
func (*Coordinate) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Coordinate) Observe(mechanisms.Trial) {}
