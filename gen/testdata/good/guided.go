// Package guided does as the steering says: wide steps when it explores, narrow ones when it exploits, words weighed.
package guided

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Guided has no state.
type Guided struct{}

// New returns a Guided.
func New() *Guided { return &Guided{} }

// A stepper makes one step from a point.
type stepper interface {
	step(v mechanisms.View, p mechanisms.Point, i int) mechanisms.Point
}

type (
	wide   struct{ size float64 }
	narrow struct{ size float64 }
	jump   struct{}
)

func (w wide) step(v mechanisms.View, p mechanisms.Point, i int) mechanisms.Point {
	return v.Nudge(p, i, w.size)
}

func (n *narrow) step(v mechanisms.View, p mechanisms.Point, i int) mechanisms.Point {
	q := v.Space.Params[i]
	dir := 1 - 2*v.Rand.IntN(2)
	return p.With(i, q.Move(p[i], dir, n.size))
}

func (jump) step(v mechanisms.View, p mechanisms.Point, i int) mechanisms.Point {
	q := v.Space.Params[i]
	return p.With(i, q.FromUnit01(v.Rand.Float64()))
}

// option changes how large steps are.
type option func(size float64) float64

func scaled(by float64) option { return func(size float64) float64 { return size * by } }

func build(strategy string, options ...option) stepper {
	size := 0.15
	for _, o := range options {
		size = o(size)
	}
	switch strategy {
	case "explore":
		return wide{size * 2}
	case "exploit":
		return &narrow{size: size / 2}
	case "balanced":
		return wide{size}
	}
	return jump{}
}

// weights counts how often the guidance names each free parameter.
func weights(v mechanisms.View) map[int]int {
	words := strings.FieldsFunc(strings.ToUpper(v.Steer.Guidance+" "+v.Steer.Person.Text), func(r rune) bool {
		return !(r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	})
	w := make(map[int]int)
	for _, word := range words {
		if i := v.Space.Index(word); i >= 0 && !v.Frozen(i) {
			w[i]++
		}
	}
	return w
}

// Propose takes one or two steps, more likely of what the guidance names.
func (g *Guided) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	var bag []int
	named := weights(v)
	for _, i := range v.Free() {
		for n := 0; n <= min(named[i], 3); n++ {
			bag = append(bag, i)
		}
	}
	if len(bag) == 0 {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	options := []option{scaled(1)}
	if len(v.Trials) > 15 {
		options = append(options, scaled(0.7))
	}
	s := build(v.Steer.Strategy, options...)
	p, ok := v.Fresh(300, func() mechanisms.Point {
		p := v.Incumbent.Point
		for k := 0; k < 1+v.Rand.IntN(2); k++ {
			p = s.step(v, p, bag[v.Rand.IntN(len(bag))])
		}
		return p
	})
	if !ok {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	if _, far := s.(jump); far {
		return mechanisms.Proposal{Point: p, Why: "a jump"}, nil
	}
	return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("as the strategy %q says", v.Steer.Strategy)}, nil
}

// Accept keeps what is better.
func (g *Guided) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (g *Guided) Observe(t mechanisms.Trial) {}
