package stats

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// An Outcome is what a look at a comparison comes to.
type Outcome string

// The outcomes of a look.
const (
	GoOn     Outcome = "go on"    // more pairs are wanted
	Efficacy Outcome = "efficacy" // the first is better: no more pairs are needed
	Futility Outcome = "futility" // not worth more budget: nothing is shown
	End      Outcome = "end"      // the last look: the first was not shown to be better
)

// Decide says what comes after a look at so many pairs, one of Looks. The bounds of futility do not bind: who goes on beyond
// them keeps the level.
func (b Bounds) Decide(pairs int, z float64) (Outcome, error) {
	k := slices.Index(b.Looks, pairs)
	switch {
	case k < 0:
		return "", fmt.Errorf("sequential comparison: look at %d pairs, want one of the planned looks %v", pairs, b.Looks)
	case z >= b.Efficacy[k]:
		return Efficacy, nil
	case k == len(b.Looks)-1:
		return End, nil
	case z <= b.Futility[k]:
		return Futility, nil
	}
	return GoOn, nil
}

// Z is how far the mean of paired differences lies below 0, as a standard normal value: that of the one-sided P by flipping the
// signs of clusters; 0 where nothing differs. If the two are exchangeable its upper tail is no heavier than the bounds take it
// for, at each look, however few the clusters and whatever the differences are distributed like; with n clusters it cannot exceed
// what 2^-n gives. Where the seeds of a task go together, later looks bring less than their share of new information and
// depend on earlier ones more than the bounds assume, which makes crossing any of them less likely, not more (Slepian, Bell
// System Technical Journal 41, 1962).
func Z(clusters []Cluster, seed uint64) float64 {
	if !slices.ContainsFunc(Flat(clusters), func(v float64) bool { return v != 0 }) {
		return 0
	}
	p := SignFlip(clusters, seed).Lower
	return -distuv.UnitNormal.Quantile(min(p, 1-1e-12))
}
