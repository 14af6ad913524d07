package noise

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, within)
	}
}

// By hand: two points with deviations ±1 and (-1, 0, 1): SS = 2 + 2 = 4, ν = 1 + 2 = 3. The quantiles of χ² with three degrees of
// freedom are 0.2158 and 9.348 (any table).
func TestPooledDeviationAndItsInterval(t *testing.T) {
	e := Pooled([]Measurement{
		{Of: 0, Value: 10}, {Of: 7, Value: 2}, {Of: 0, Value: 12}, {Of: 7, Value: 3}, {Of: 7, Value: 1}, {Of: 9, Value: 100},
		{Of: 7, Value: -50, Chosen: true},
	})
	if e.DF != 3 {
		t.Fatalf("degrees of freedom %d, want 3", e.DF)
	}
	near(t, "sd", e.SD, math.Sqrt(4.0/3), 1e-12)
	near(t, "low", e.Low, math.Sqrt(4.0/3)*math.Sqrt(3/9.3484), 1e-4)
	near(t, "high", e.High, math.Sqrt(4.0/3)*math.Sqrt(3/0.21580), 1e-3)
	if e := Pooled([]Measurement{{Of: 0, Value: 1}, {Of: 1, Value: 2}}); e != (Estimate{}) {
		t.Errorf("of points measured once: %+v, want nothing", e)
	}
}

// NIST's Norris and Longley are about other fits; this one is by hand: x = 0..3, y = 1, 2, 2, 4 has slope 0.9 and a residual sum
// of squares of 0.7, so s² = 0.35, and t(2, 0.975) = 4.3027.
func TestDriftIsTheLeastSquaresSlope(t *testing.T) {
	var all []Measurement
	for i, y := range []float64{1, 2, 2, 4} {
		all = append(all, Measurement{At: float64(i), Value: y})
	}
	d := Drift(all)
	half := 4.302653 * math.Sqrt(0.35/5)
	near(t, "slope", d.Slope, 0.9, 1e-12)
	near(t, "low", d.Low, 0.9-half, 1e-5)
	near(t, "high", d.High, 0.9+half, 1e-5)
	if d.DF != 2 || d.Trials != 3 || d.Significant() {
		t.Errorf("%+v: want 2 degrees of freedom over 3 trials, not significant", d)
	}
	if d := Drift(all[:2]); d != (Trend{}) || d.Significant() {
		t.Errorf("of two measurements: %+v, want no trend", d)
	}
}

// The intervals must hold what they promise: 95 % of them the true value, so that drift is called where there is none in 5 %.
func TestIntervalsHoldAsOftenAsTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const runs = 4000
	held, alarms := 0, 0
	for range runs {
		var all []Measurement
		for i, at := range []float64{0, 1, 1, 11, 21, 31} {
			all = append(all, Measurement{At: at, Value: 2 + 0.01*r.NormFloat64()})
			if i >= 3 {
				all = append(all, Measurement{Of: 5, At: at - 5, Value: 1.9 + 0.01*r.NormFloat64()})
			}
		}
		if e := Pooled(all); e.Low <= 0.01 && 0.01 <= e.High {
			held++
		}
		if Drift(all).Significant() {
			alarms++
		}
	}
	// Four standard deviations of a proportion of 0.05 in 4000 are 0.014.
	near(t, "share of intervals that hold the noise", float64(held)/runs, 0.95, 0.014)
	near(t, "share of runs without drift that are said to drift", float64(alarms)/runs, 0.05, 0.014)
}

func TestDriftIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 200 {
		var all []Measurement
		for _, at := range []float64{0, 1, 1, 11, 21, 31} {
			all = append(all, Measurement{At: at, Value: 2 + 0.001*at + 0.003*r.NormFloat64()})
		}
		if d := Drift(all); d.Significant() && d.Low > 0 {
			found++
		}
	}
	if found < 190 {
		t.Errorf("a drift of ten standard deviations over the run was found in %d of 200, want at least 190", found)
	}
}
