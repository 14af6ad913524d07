package ablate

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// DefaultLooks are the numbers of units after which a comparison is looked at.
var DefaultLooks = []int{8, 16, 24, 32, 48}

// LooksFor are those of DefaultLooks that come before so many units, and those units as the last.
func LooksFor(units int) []int {
	var looks []int
	for _, n := range DefaultLooks {
		if n < units {
			looks = append(looks, n)
		}
	}
	return append(looks, units)
}

const (
	// oneSided holds the chance to end any of the named comparisons of a profile for efficacy, though none is real, at 0.025. It is
	// shared equally among them, so that it holds whichever of them ends when. It is less than 0.025 because looks at Z from
	// few tasks depend a little less on each other than the bounds assume: a single comparison on 24 tasks with two
	// independent seeds each, made for 0.025, was ended falsely in 0.0263 of 138,000 simulations (standard error 0.0004); made
	// for 0.024, in 0.0245 of 100,000.
	oneSided = 0.024
	// power is what the bounds of a comparison are made for, so that the chance to end it for efficacy is 0.80 if the effect is theirs
	// (stats.Bounds.Effect, for three comparisons of 48 units 0.51 standard deviations): flipping the signs of 24 tasks has less
	// power than the normal statistic that the bounds assume, 0.800 of 8,000 simulations where they say 0.85.
	power = 0.85
)

// SequentialBounds are the bounds of each of so many comparisons that are looked at after so many units.
func SequentialBounds(looks []int, comparisons int) (stats.Bounds, error) {
	key := fmt.Sprint(looks, comparisons)
	if b, ok := knownBounds.Load(key); ok {
		return b.(stats.Bounds), nil
	}
	b, err := stats.Design{
		Looks: looks, Alpha: oneSided / float64(max(1, comparisons)), Power: power,
		Efficacy: stats.OBrienFleming, Futility: stats.OBrienFleming,
	}.Bounds()
	if err == nil {
		knownBounds.Store(key, b)
	}
	return b, err
}

// knownBounds holds bounds that were computed, which takes a tenth of a second. What is in it changes no result.
var knownBounds sync.Map

// Looked returns the named comparisons of a profile on the tasks that are not held out, as far as the looks of the setting have
// come: each with what the looks said. A comparison whose last outcome is "go on" wants more units. The engine asks this after each
// look.
func Looked(r *Result, profile string) ([]Contrast, error) {
	return tabulate(r, profile).namedContrasts(allHeldOut(r))
}

// allHeldOut reports whether there is no task but held-out ones; then looks are at those.
func allHeldOut(r *Result) bool {
	return !slices.ContainsFunc(r.Tasks, func(t Task) bool { return !t.HeldOut })
}

// sequential reports whether a comparison is one that may end at a look.
func (t *table) sequential(c Contrast) bool {
	return c.Named && len(t.Setting.Looks) > 0 && c.HeldOut == allHeldOut(t.Result)
}

// looks says what each look at a comparison came to, up to the one that ended it. A look is at the first so many units of the plan,
// when all of them are finished; pairs that failed are missing from it.
func (t *table) looks(c Contrast, comparisons int) ([]Look, error) {
	if !t.sequential(c) {
		return nil, nil
	}
	bounds, err := SequentialBounds(t.Setting.Looks, comparisons)
	if err != nil {
		return nil, err
	}
	var units []unitKey
	for _, u := range t.units {
		if t.tasks[u.task].HeldOut == c.HeldOut {
			units = append(units, u)
		}
	}
	var all []Look
	for k, n := range bounds.Looks {
		if len(units) < n || !t.finished(units[:n], c) {
			break
		}
		pairs := t.lasting(units[:n], c)
		l := Look{Pairs: len(stats.Flat(pairs)), Z: stats.Z(pairs, resampling), Efficacy: bounds.Efficacy[k], Futility: bounds.Futility[k]}
		outcome, err := bounds.Decide(n, l.Z)
		if err != nil {
			return nil, err
		}
		l.Outcome = string(outcome)
		all = append(all, l)
		if outcome != stats.GoOn {
			break
		}
	}
	return all, nil
}

// finished reports whether both arms ran on each of the units, with a result or an error.
func (t *table) finished(units []unitKey, c Contrast) bool {
	return !slices.ContainsFunc(units, func(u unitKey) bool { return t.runs[u][c.First] == nil || t.runs[u][c.Second] == nil })
}

// lasting are the differences of a comparison on some units, by task, in a measure that later runs do not change: what a look said
// must stay said. Regret is one on formulas. On trained tasks it is not, since the best known of a task may fall; there it is
// the difference of bits per byte by the default's.
func (t *table) lasting(units []unitKey, c Contrast) []stats.Cluster {
	trained := slices.ContainsFunc(t.Tasks, func(x Task) bool { return x.Real })
	var runs []*Run
	difference := map[*Run]float64{} // of the first arm's runs
	for _, u := range units {
		a, b := t.runs[u][c.First], t.runs[u][c.Second]
		if a.Error != "" || b.Error != "" {
			continue
		}
		runs = append(runs, a)
		if difference[a] = a.Regret - b.Regret; trained {
			difference[a] = (a.Final - b.Final) / a.Default
		}
	}
	return t.clusters(runs, func(run *Run) float64 { return difference[run] })
}
