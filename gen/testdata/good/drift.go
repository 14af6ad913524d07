// Package drift keeps a velocity in the unit cube, as gradient descent with momentum does, from what was kept.
package drift

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type vector = []float64

// Drift is a position and a velocity.
type Drift struct {
	Position mechanisms.Point `json:"position"`
	Velocity vector           `json:"velocity"` // in the parameters' own units
	Damping  float64          `json:"damping"`
}

// New returns a Drift at rest.
func New() *Drift { return &Drift{Damping: 0.9} }

// unit is a parameter's value between its ends, with a direction from the velocity.
func (d *Drift) heading(v mechanisms.View) vector {
	h := make(vector, len(v.Space.Params))
	for i, q := range v.Space.Params {
		if i < len(d.Velocity) && i < len(d.Position) {
			h[i] = q.Unit01(q.Clip(d.Position[i]+d.Velocity[i])) - q.Unit01(q.Clip(d.Position[i]))
		}
	}
	return h
}

func norm(x vector) (n float64) {
	for _, a := range x {
		n = math.FMA(a, a, n)
	}
	return math.Sqrt(n)
}

func noise(rng *rand.Rand, x vector, scale float64) vector {
	out := append(vector(nil), x...)
	for i := range out {
		out[i] += scale * rng.NormFloat64()
	}
	return out
}

// Propose goes on with the velocity and some noise that grows with every try.
func (d *Drift) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) == 0 {
		return mechanisms.Proposal{}, errors.New("every parameter is frozen")
	}
	heading := d.heading(v)
	speed := norm(heading)
	for try := 1; try <= 30; try++ {
		step := noise(v.Rand, heading, 0.02*float64(try)+0.1*speed)
		p := v.Incumbent.Point.Clone()
		for _, i := range free {
			q := v.Space.Params[i]
			p[i] = q.FromUnit01(math.Min(1, math.Max(0, q.Unit01(p[i])+step[i])))
		}
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "with the drift"}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (d *Drift) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe bends the velocity to what was kept, and damps it otherwise.
func (d *Drift) Observe(t mechanisms.Trial) {
	for i := range d.Velocity {
		d.Velocity[i] *= d.Damping
	}
	if !t.Kept || len(t.Point) == 0 {
		return
	}
	if len(d.Position) == len(t.Point) {
		if len(d.Velocity) != len(t.Point) {
			d.Velocity = make(vector, len(t.Point))
		}
		for i := range t.Point {
			d.Velocity[i] += (1 - d.Damping) * (t.Point[i] - d.Position[i])
		}
	}
	d.Position = append(d.Position[:0:0], t.Point...)
}
