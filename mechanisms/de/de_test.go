package de

import (
	"math"
	"slices"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// On a bowl with hundreds of trials the population must contract to the optimum, where random points do not come near.
func TestConverges(t *testing.T) {
	var ends []float64
	e := mechanisms.Entry{Name: name, New: func() mechanisms.Mechanism { return New() }}
	for seed := range uint64(5) {
		s := surfaces.StepLaw(seed)
		run, err := surfaces.Search(e, s, standin.Suggest, seed, 300, 1)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, run.Regret[300])
	}
	slices.Sort(ends)
	if ends[2] > 0.005 {
		t.Errorf("regret after 300 trials: %v, want a median of 0.005 at most", ends)
	}
}

func TestAMemberIsReplacedByWhatIsNoWorseAndNeverByAFailure(t *testing.T) {
	m := New()
	m.Observe(mechanisms.Trial{Point: mechanisms.Point{0}, Status: mechanisms.Complete, BPB: 3, Kept: true, By: "default"})
	m.Observe(mechanisms.Trial{Seq: 1, Point: mechanisms.Point{9}, Status: mechanisms.Complete, BPB: 1, By: "model"})
	for k := range population - 1 {
		m.Observe(mechanisms.Trial{Seq: k + 2, Point: mechanisms.Point{1}, Status: mechanisms.Diverged, BPB: math.NaN(), By: name})
	}
	if len(m.Members) != population || m.Members[0].BPB != 3 {
		t.Fatalf("the first population is %+v, want the baseline and seven own trials", m.Members)
	}
	crash := mechanisms.Trial{Seq: 20, Point: mechanisms.Point{2}, Status: mechanisms.Crashed, BPB: math.NaN(), By: name}
	fair := mechanisms.Trial{Seq: 21, Point: mechanisms.Point{3}, Status: mechanisms.Complete, BPB: 5, By: name}
	m.Observe(crash) // challenges member 7, a failure
	m.Observe(fair)  // challenges member 0, which has 3
	m.Observe(fair)  // challenges member 1, a failure
	for i, want := range map[int]float64{7: 1, 0: 0, 1: 3} {
		if got := m.Members[i].Point[0]; got != want {
			t.Errorf("member %d is the point %v, want %v", i, got, want)
		}
	}
}
