package main

import (
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Three pairs that differ by 1, 0.5 and 1: the mean is 5/6, the deviation 0.288675, and Student's t with two degrees of freedom has 97.5 %
// below 4.302653, so that half of the interval is 0.717109.
func TestAConfirmationIsPairedByItsSeeds(t *testing.T) {
	for _, higher := range []bool{false, true} {
		m := mechanisms.Measure{Name: "score", Higher: higher}
		sign := m.Own(1)
		both := []*probe{{bpb: []float64{1, 2, 3}}, {bpb: []float64{0, 1.5, 2}}}
		f := confirmed(store.Meta{Seed: 1, Space: mechanisms.Space{Measure: m}}, 2, mechanisms.Trial{Seq: 7, BPB: 1}, both)
		if want := -5.0 / 6 * sign; math.Abs(f.Change-want) > 1e-12 {
			t.Errorf("change %v, want %v", f.Change, want)
		}
		if got := f.Interval[1] - f.Interval[0]; math.Abs(got-2*0.717109) > 1e-5 {
			t.Errorf("an interval %v long, want 1.434218", got)
		}
		if !f.holds() {
			t.Errorf("%+v: a gain on every seed and an interval without 0 is not there", f)
		}
		both[1].bpb[0] = 5
		if f := confirmed(store.Meta{Space: mechanisms.Space{Measure: m}}, 2, mechanisms.Trial{}, both); f.holds() {
			t.Errorf("%+v: an interval around 0 holds a gain", f)
		}
	}
}
