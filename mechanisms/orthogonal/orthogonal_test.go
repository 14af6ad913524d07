package orthogonal

import (
	"context"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// On a function without interactions one sweep measures each of seven effects exactly, so its last trial must move the
// parameters that help, and no other.
func TestCombinesWhatHelped(t *testing.T) {
	sweep(t, []float64{-3, 2, -1, 5, -0.1, -0.1, -7}, 0.7)
}

// The first row of the array moves A, C, E and G: where these are what helps, repeating it would waste the trial.
func TestGoesFurtherWhereTheCombinationIsARow(t *testing.T) {
	sweep(t, []float64{-3, 2, -1, 5, -0.1, 0.1, -7}, 0.9)
}

func sweep(t *testing.T, effects []float64, want float64) {
	t.Helper()
	s := mechanisms.Space{Name: "additive"}
	for i := range effects {
		s.Params = append(s.Params, mechanisms.Param{Name: string(rune('A' + i)), Kind: mechanisms.Float, Max: 1, Default: 0.5})
	}
	measure := func(p mechanisms.Point) float64 {
		x := 100.0
		for i, e := range effects {
			x += e * (p[i] - 0.5)
		}
		return x
	}
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, BPB: measure(s.Default()), Kept: true}
	v := mechanisms.View{Space: s, Incumbent: base, Trials: []mechanisms.Trial{base}}
	m := New()
	m.Observe(base)
	for seq := 1; seq <= cycle; seq++ {
		v.Seq, v.Rand = seq, mechanisms.Stream(1, seq, "propose")
		p, err := m.Propose(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Changed(base.Point, p.Point)); seq < cycle && n != 4 {
			t.Errorf("row %d moves %d parameters, want 4 of 7", seq, n)
		}
		tr := mechanisms.Trial{Seq: seq, Point: p.Point, Status: mechanisms.Complete, BPB: measure(p.Point), By: name}
		if tr.Kept = m.Accept(v, tr); tr.Kept {
			v.Incumbent = tr
		}
		v.Trials = append(v.Trials, tr)
		m.Observe(tr)
	}
	last := v.Trials[cycle]
	for i, e := range effects {
		if moved := last.Point[i] == want; moved != (e < 0) || !moved && last.Point[i] != 0.5 {
			t.Errorf("parameter %s with effect %v: the combination is %s, want it at %v if it helps", s.Params[i].Name, e, s.Diff(base.Point, last.Point), want)
		}
	}
	if !last.Kept || m.Sweep != 1 || !m.Base.Equal(last.Point) {
		t.Errorf("after the combination: kept %v, sweep %d, base %v; want it kept and the next sweep based on it", last.Kept, m.Sweep, m.Base)
	}
}
