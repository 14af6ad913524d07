// Package cooling takes worse trials now and then, less and less often.
package cooling

import (
	"context"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Cooling is the state of the annealing.
type Cooling struct {
	Heat  float64          `json:"heat"` // in standard deviations of the noise
	Steps int              `json:"steps"`
	Top   mechanisms.Point `json:"top"`
}

// New returns a hot Cooling.
func New() *Cooling { return &Cooling{Heat: 0.5} }

// Uphill says why a worse trial may be taken.
func (c *Cooling) Uphill() string { return "simulated annealing leaves a basin by going up" }

func (c *Cooling) step() float64 { return 0.05 + 0.3*math.Exp(-float64(c.Steps)/10) }

// Propose moves one parameter by a step that shrinks.
func (c *Cooling) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free, size := v.Free(), c.step()
	weights := make([]float64, len(free))
	for i, f := range free {
		weights[i] = 1
		if v.Space.Params[f].Log {
			weights[i] = 2
		}
	}
	pick := func() int {
		total := 0.0
		for _, w := range weights {
			total += w
		}
		u := v.Rand.Float64() * total
		for i, w := range weights {
			if u -= w; u < 0 {
				return free[i]
			}
		}
		return free[len(free)-1]
	}
	p, ok := v.Fresh(400, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, pick(), size) })
	if !ok {
		p, _ = v.Fresh(2000, v.Uniform)
	}
	return mechanisms.Proposal{Point: p, Why: "an annealing step"}, nil
}

// Accept is Metropolis' rule.
func (c *Cooling) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if t.Better(v.Incumbent) {
		return true
	}
	return v.Rand.Float64() < math.Exp(-(t.BPB-v.Incumbent.BPB)/math.Max(c.Heat*v.Noise, 1e-9))
}

// Observe cools.
func (c *Cooling) Observe(t mechanisms.Trial) {
	c.Steps++
	c.Heat *= 0.93
	if t.Kept {
		c.Top = t.Point.Clone()
	}
}
