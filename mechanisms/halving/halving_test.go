package halving

import (
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

func curves(bpb ...float64) mechanisms.View {
	var v mechanisms.View
	for _, b := range bpb {
		v.Trials = append(v.Trials, mechanisms.Trial{Curve: []mechanisms.Sample{{Fraction: 0.1, BPB: b + 1}, {Fraction: 0.4, BPB: b}}})
	}
	return v
}

func TestStopsAllButTheBestThird(t *testing.T) {
	v := curves(1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
	for _, c := range []struct {
		at   mechanisms.Sample
		want bool
	}{
		{mechanisms.Sample{Fraction: 0.4, BPB: 0.9}, false},  // the best
		{mechanisms.Sample{Fraction: 0.4, BPB: 1.15}, false}, // third of seven
		{mechanisms.Sample{Fraction: 0.4, BPB: 1.25}, true},
		{mechanisms.Sample{Fraction: 0.1, BPB: 2.05}, false}, // compared with curves at the same share of the budget
		{mechanisms.Sample{Fraction: 0.7, BPB: 9}, false},    // nobody came so far
	} {
		if got := New().Prune(v, mechanisms.Proposal{}, []mechanisms.Sample{c.at}); got != c.want {
			t.Errorf("at %v with six curves: Prune = %v, want %v", c.at, got, c.want)
		}
	}
	if New().Prune(curves(1, 2), mechanisms.Proposal{}, []mechanisms.Sample{{Fraction: 0.4, BPB: 9}}) {
		t.Error("stopped a trial against two others, want three at least")
	}
}

// A budget of 30 trials must buy clearly more than 30 moves, or halving does nothing.
func TestABudgetBuysMoreMoves(t *testing.T) {
	e := mechanisms.Entry{Name: "halving", New: func() mechanisms.Mechanism { return New() }}
	run, err := surfaces.Search(e, surfaces.GPTSim(1), standin.Suggest, 1, 30, 1)
	if err != nil || run.Decisions < 45 {
		t.Errorf("30 trials' budget bought %d moves (%v), want at least 45", run.Decisions, err)
	}
}
