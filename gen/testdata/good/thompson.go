// Package thompson picks the parameter to change by Thompson sampling over how often changing it was kept.
package thompson

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Record counts what became of trials that changed one parameter.
type Record struct {
	Kept float64 `json:"kept"`
	Lost float64 `json:"lost"`
}

// Thompson keeps one record a parameter, by name so that it survives a change of the space's order.
type Thompson struct {
	Records map[string]Record `json:"records"`
	Names   []string          `json:"names"` // of the last proposals' parameters, by trial number
	Base    mechanisms.Point  `json:"base"`
}

// New returns a Thompson with no history.
func New() *Thompson { return &Thompson{Records: map[string]Record{}} }

// gamma draws from a gamma distribution of a shape of at least one half by summing halves: chi-square variates.
func gamma(rng *rand.Rand, shape float64) float64 {
	sum := 0.0
	for range int(math.Round(2 * shape)) {
		x := rng.NormFloat64()
		sum += x * x / 2
	}
	return sum + 1e-12
}

func (r Record) sample(rng *rand.Rand) float64 {
	a, b := gamma(rng, 0.5+math.Min(r.Kept, 50)), gamma(rng, 0.5+math.Min(r.Lost, 50))
	return a / (a + b)
}

// Propose changes the parameter whose sampled chance is highest.
func (m *Thompson) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	best, chance := -1, math.Inf(-1)
	for _, i := range v.Free() {
		if c := m.Records[v.Space.Params[i].Name].sample(v.Rand); c > chance {
			best, chance = i, c
		}
	}
	if best < 0 {
		return v.Ask(ctx, mechanisms.Hint{Text: "every parameter is frozen but those you may free"})
	}
	size := 0.05 + 0.3*v.Rand.Float64()
	if p, ok := v.Fresh(60, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, best, size) }); ok {
		return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s has a sampled chance of %.0f %%", v.Space.Params[best].Name, 100*chance)}, nil
	}
	p, _ := v.Fresh(2000, v.Uniform)
	return mechanisms.Proposal{Point: p, Why: "nothing new is near"}, nil
}

// Accept keeps what is better.
func (m *Thompson) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe finds by its words which parameter a trial of this mechanism changed.
func (m *Thompson) Observe(t mechanisms.Trial) {
	for _, name := range slices.Sorted(maps.Keys(m.Records)) {
		r := m.Records[name]
		r.Kept, r.Lost = 0.98*r.Kept, 0.98*r.Lost // old news counts less
		m.Records[name] = r
	}
	var name string
	if _, err := fmt.Sscanf(t.Why, "%s has", &name); err != nil {
		return
	}
	r := m.Records[name]
	if t.Kept {
		r.Kept++
	} else {
		r.Lost++
	}
	m.Records[name] = r
}
