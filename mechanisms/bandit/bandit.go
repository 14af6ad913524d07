// Package bandit treats the parameters as the arms of a bandit: it asks the model to change the one parameter whose changes
// were kept most often lately, with a bonus for those seldom tried.
package bandit

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// fade is what a trial's evidence is multiplied by at every later trial: what helped far from here may not help now.
const fade = 0.93

// bonus weighs how much a seldom tried parameter is preferred; 0 would never leave the first success.
const bonus = 0.35

// Bandit's state is the evidence about each parameter, by its place in the space.
type Bandit struct {
	Incumbent mechanisms.Point `json:"incumbent"` // as it is after the trials observed
	Pulls     []float64        `json:"pulls"`     // faded number of trials that changed the parameter
	Wins      []float64        `json:"wins"`      // faded number of those that were kept
}

// New returns a Bandit that knows nothing.
func New() *Bandit { return &Bandit{} }

// Propose asks the model to change the parameter with the highest upper confidence bound.
func (m *Bandit) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	arm, best := -1, math.Inf(-1)
	for _, i := range v.Free() {
		// The draw is far smaller than any real difference; it breaks ties without favouring the first parameter.
		if score := m.score(v, i) + 1e-9*v.Rand.Float64(); score > best {
			arm, best = i, score
		}
	}
	if arm < 0 {
		return mechanisms.Proposal{}, fmt.Errorf("choose a parameter: all %d are frozen, want one that is free", len(v.Space.Params))
	}
	return v.Ask(ctx, mechanisms.Hint{
		Params: v.Space.Tied(arm), // a constraint may ask that another parameter changes with it
		Text:   fmt.Sprintf("Changes of %s look most promising by the record of this run.", v.Space.Params[arm].Name),
	})
}

// Accept keeps what is better.
func (m *Bandit) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe credits every parameter that t changed with an equal share of the trial and of its success.
func (m *Bandit) Observe(t mechanisms.Trial) {
	for i := range m.Pulls {
		m.Pulls[i] *= fade
		m.Wins[i] *= fade
	}
	changed := 0
	for i := range m.Incumbent {
		if i < len(t.Point) && t.Point[i] != m.Incumbent[i] {
			changed++
		}
	}
	for i := range m.Incumbent {
		if i < len(t.Point) && t.Point[i] != m.Incumbent[i] {
			m.Pulls[i] += 1 / float64(changed)
			if t.Kept {
				m.Wins[i] += 1 / float64(changed)
			}
		}
	}
	if t.Kept {
		m.Incumbent = t.Point.Clone()
	}
	if m.Pulls == nil && t.Kept { // the baseline: now the number of parameters is known
		m.Pulls, m.Wins = make([]float64, len(t.Point)), make([]float64, len(t.Point))
	}
}

// score is the share of kept changes of parameter i, with half a trial of prior doubt, plus the bonus for uncertainty.
// Trials still running count as not kept, so that proposals made side by side spread.
func (m *Bandit) score(v mechanisms.View, i int) float64 {
	pulls, wins, total := 0.5, 0.0, 1.0
	if i < len(m.Pulls) {
		pulls, wins = pulls+m.Pulls[i], m.Wins[i]
	}
	for _, x := range m.Pulls {
		total += x
	}
	for _, p := range v.Pending {
		if len(p.Point) == len(v.Space.Params) && p.Point[i] != v.Incumbent.Point[i] {
			pulls++
		}
	}
	return wins/pulls + bonus*math.Sqrt(math.Log1p(total)/pulls)
}
