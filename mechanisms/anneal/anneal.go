// Package anneal is simulated annealing: random moves of one parameter, and a worse point is accepted with a chance that
// falls with its deficit and with the trials done, so that the search can leave a local optimum early on.
package anneal

import (
	"context"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// cooling is the factor of the temperature a trial: over 30 trials it falls to a twentieth.
const cooling = 0.905

// warmth is the first temperature in units of the typical change between neighbours, which only the trials show. At 0.5 a
// typical deterioration is accepted with chance exp(-2), about one time in seven.
const warmth = 0.5

// Anneal has no state: the temperature follows from the trials.
type Anneal struct{}

// New returns an Anneal.
func New() *Anneal { return &Anneal{} }

// Propose moves one free parameter of the incumbent, by less the cooler it is.
func (*Anneal) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free, base := v.Free(), v.Incumbent.Point
	size := 0.05 + 0.3*math.Pow(cooling, float64(v.Seq))
	p, _ := v.Fresh(200, func() mechanisms.Point { return v.Nudge(base, free[v.Rand.IntN(len(free))], size) })
	return mechanisms.Proposal{Point: p, Why: "random move: " + v.Space.Diff(base, p)}, nil
}

// Accept takes what is better, and what is worse by Metropolis's rule.
func (*Anneal) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if t.Better(v.Incumbent) {
		return true
	}
	temperature := warmth * typical(v.Trials) * math.Pow(cooling, float64(t.Seq))
	return temperature > 0 && v.Rand.Float64() < math.Exp((v.Incumbent.BPB-t.BPB)/temperature)
}

// Observe has nothing to learn.
func (*Anneal) Observe(mechanisms.Trial) {}

// Uphill says why a worse trial may be accepted.
func (*Anneal) Uphill() string {
	return "a worse point is accepted early on, with a chance that falls with its deficit, to leave local optima"
}

// typical is the median absolute difference between a trial and the incumbent of its time, in bits per byte; 0 before there
// are three.
func typical(trials []mechanisms.Trial) float64 {
	var changes []float64
	for k, before := range mechanisms.Incumbents(trials) {
		if before.OK() && trials[k].OK() {
			changes = append(changes, math.Abs(trials[k].BPB-before.BPB))
		}
	}
	if len(changes) < 3 {
		return 0
	}
	slices.Sort(changes)
	return changes[len(changes)/2]
}
