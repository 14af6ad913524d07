// Package noise estimates from repeated measurements how much a value differs between repeats of one point, and whether it
// moves as the run goes on.
package noise

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Measurement is the value of a point that was measured more than once.
type Measurement struct {
	Of    int     `json:"of"`    // which point: the Seq of the trial that tried it first
	At    float64 `json:"at"`    // when: the Seq of the trial that it was measured before
	Value float64 `json:"value"` // bits per byte, or tokens per second
	// Chosen says that the point was taken up because this value was low. So it says something about the point, but nothing
	// about the noise: it is left out of both estimates.
	Chosen bool `json:"chosen,omitempty"`
}

// An Estimate is a standard deviation with the interval that holds it with 95 % confidence where values are normal.
type Estimate struct {
	SD   float64 `json:"sd"` // same unit as the values
	DF   int     `json:"df"` // degrees of freedom: measurements less points; 0 when nothing was repeated
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Pooled estimates the standard deviation between repeats from all points together, each about its own mean:
// s² = Σ(x − mean)² / Σ(n − 1), with the interval s √(ν/χ²). A drift of the machine is part of it: trials of one run are compared
// across time. It is the zero Estimate when no point was measured twice.
func Pooled(all []Measurement) Estimate {
	ss, df := 0.0, 0
	for _, x := range centred(all) {
		for _, r := range x {
			ss += r.value * r.value
		}
		df += len(x) - 1
	}
	if df <= 0 {
		return Estimate{}
	}
	nu := float64(df)
	sd, chi := math.Sqrt(ss/nu), distuv.ChiSquared{K: nu}
	return Estimate{SD: sd, DF: df, Low: sd * math.Sqrt(nu/chi.Quantile(0.975)), High: sd * math.Sqrt(nu/chi.Quantile(0.025))}
}

// A Trend is how a value moves for each trial, with the interval that holds the slope with 95 % confidence.
type Trend struct {
	Slope  float64 `json:"slope"` // unit of the values for each trial
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	DF     int     `json:"df"`     // degrees of freedom of what is left beside it; 0 when there are too few measurements for a trend
	Trials float64 `json:"trials"` // that the measurements span
}

// Significant reports whether the interval leaves out no movement at all.
func (t Trend) Significant() bool { return t.DF > 0 && (t.Low > 0 || t.High < 0) }

// Drift fits one slope to all points, each about its own mean of value and time, by least squares; the interval is Student's
// with Σ(n − 1) − 1 degrees of freedom.
func Drift(all []Measurement) Trend {
	groups := centred(all)
	var xx, xy, yy, first, last float64
	df, begun := -1, false
	for _, g := range groups {
		for _, r := range g {
			xx += r.at * r.at
			xy += r.at * r.value
			yy += r.value * r.value
			if !begun {
				first, last, begun = r.raw, r.raw, true
			}
			first, last = min(first, r.raw), max(last, r.raw)
		}
		df += len(g) - 1
	}
	if df < 1 || xx == 0 {
		return Trend{}
	}
	slope := xy / xx
	left := max(0, yy-slope*xy)
	half := distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Quantile(0.975) * math.Sqrt(left/float64(df)/xx)
	return Trend{Slope: slope, Low: slope - half, High: slope + half, DF: df, Trials: last - first}
}

// residual is a measurement about the means of its point.
type residual struct{ at, value, raw float64 }

// centred groups what was not chosen by point, in order of first appearance, about the means of each point. A point that
// was measured once is left out: it says nothing.
func centred(all []Measurement) [][]residual {
	var order []int
	groups := map[int][]residual{}
	for _, m := range all {
		if m.Chosen {
			continue
		}
		if groups[m.Of] == nil {
			order = append(order, m.Of)
		}
		groups[m.Of] = append(groups[m.Of], residual{m.At, m.Value, m.At})
	}
	var kept [][]residual
	for _, of := range order {
		g := groups[of]
		if len(g) < 2 {
			continue
		}
		var at, value float64
		for _, r := range g {
			at += r.at / float64(len(g))
			value += r.value / float64(len(g))
		}
		for i := range g {
			g[i].at -= at
			g[i].value -= value
		}
		kept = append(kept, g)
	}
	return kept
}
