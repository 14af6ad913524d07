package simulated

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// An analysis is what level 2 reads from the trace before it chooses a family.
type analysis struct {
	tr         trace
	tallies    []tally
	complete   int     // trials with a value
	kept       int     // trials kept after the baseline
	unanswered int     // discarded moves of an ordered parameter whose opposite was never tried
	again      int     // moves that repeat a discarded move: same parameter, same direction
	untouched  int     // free parameters that no trial changed
	free       int     // parameters that may be changed
	busiest    float64 // share of all moves that fell on the two parameters moved most
	nearMisses int     // discarded trials with a loss below the median
	loss       float64 // median loss of discarded trials against their incumbent, bits per byte
}

func analyse(f model.Facts) analysis {
	tr := read(f)
	a := analysis{tr: tr, tallies: tr.count(), kept: kept(tr), loss: 0.01}
	a.counts(f)
	a.moves()
	a.losses(f)
	return a
}

func (a *analysis) counts(f model.Facts) {
	for _, t := range f.Trials {
		if t.OK() {
			a.complete++
		}
	}
	var perParam []int
	total := 0
	for i, t := range a.tallies {
		if !slices.Contains(f.Steer.Frozen, f.Space.Params[i].Name) {
			a.free++
			if t.trials() == 0 {
				a.untouched++
			}
		}
		perParam = append(perParam, t.trials())
		total += t.trials()
	}
	slices.Sort(perParam)
	if n := len(perParam); total > 0 && n >= 2 {
		a.busiest = float64(perParam[n-1]+perParam[n-2]) / float64(total)
	}
}

// moves counts repeated and unanswered moves.
func (a *analysis) moves() {
	type way struct{ param, dir int }
	failed, went := map[way]bool{}, map[way]bool{}
	for _, m := range a.tr.moves {
		for j, i := range m.changed {
			w := way{i, m.dirs[j]}
			went[w] = true
			if failed[w] {
				a.again++
			}
			failed[w] = !m.trial.Kept
		}
	}
	for i := range a.tr.space.Params {
		for _, dir := range []int{-1, 1} {
			if failed[way{i, dir}] && !went[way{i, -dir}] {
				a.unanswered++
			}
		}
	}
}

// losses measures by how much discarded trials were worse.
func (a *analysis) losses(f model.Facts) {
	var losses []float64
	for k, before := range mechanisms.Incumbents(f.Trials) {
		if t := f.Trials[k]; k > 0 && t.OK() && before.OK() && !t.Kept {
			losses = append(losses, t.BPB-before.BPB)
		}
	}
	if len(losses) == 0 {
		return
	}
	slices.Sort(losses)
	if m := losses[len(losses)/2]; m > 1e-6 {
		a.loss = m
	}
	for _, x := range losses {
		if x <= a.loss {
			a.nearMisses++
		}
	}
}

// observations puts the analysis in words.
func (a analysis) observations() []string {
	out := []string{
		fmt.Sprintf("%d of %d trials were kept; %d have passed since the last.", a.kept, len(a.tr.moves), a.tr.discards),
		fmt.Sprintf("%.0f %% of all moves fell on the two busiest parameters; %d of %d free parameters were never touched.", 100*a.busiest, a.untouched, a.free),
		fmt.Sprintf("%d moves repeated one that had been discarded, in the same direction.", a.again),
		fmt.Sprintf("%d discarded moves were never answered from the opposite side.", a.unanswered),
	}
	if a.nearMisses > 0 {
		out = append(out, fmt.Sprintf("The median discarded trial lost %s %s; %d lost no more than that.", digits(a.loss), a.tr.space.Measure, a.nearMisses))
	}
	return out
}

// digits writes a number as a person would, with two significant digits.
func digits(x float64) string {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return "0"
	}
	scale := math.Pow(10, 1-math.Floor(math.Log10(math.Abs(x))))
	return fmt.Sprintf("%g", math.Round(x*scale)/scale)
}
