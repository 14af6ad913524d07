package bandit

import (
	"context"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func view() mechanisms.View {
	s := mechanisms.Space{Name: "toy"}
	for _, n := range []string{"A", "B", "C", "D"} {
		s.Params = append(s.Params, mechanisms.Param{Name: n, Kind: mechanisms.Float, Max: 1, Default: 0.5})
	}
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	return mechanisms.View{Space: s, Incumbent: base, Rand: mechanisms.Stream(1, 1, "bandit")}
}

// arm asks for a proposal and returns the parameter that the hint named.
func arm(t *testing.T, m *Bandit, v mechanisms.View) string {
	t.Helper()
	var hint mechanisms.Hint
	v.Suggest = func(_ context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		hint = h
		return mechanisms.Proposal{Point: v.Incumbent.Point}, nil
	}
	if _, err := m.Propose(context.Background(), v); err != nil || len(hint.Params) != 1 {
		t.Fatalf("hint %+v, %v; want one parameter", hint, err)
	}
	return hint.Params[0]
}

func TestPrefersWhatWasKeptAndLeavesWhatFails(t *testing.T) {
	v, m := view(), New()
	m.Observe(v.Incumbent)
	try := func(i int, value float64, kept bool) {
		tr := mechanisms.Trial{Point: v.Incumbent.Point.With(i, value), Status: mechanisms.Complete, Kept: kept}
		m.Observe(tr)
		if kept {
			v.Incumbent = tr
		}
	}
	for i := range 4 {
		try(i, 0.6, i == 2)
	}
	if got := arm(t, m, v); got != "C" {
		t.Errorf("after C alone was kept: %s, want C", got)
	}
	for k := range 8 {
		try(2, 0.61+float64(k)/100, false)
	}
	if got := arm(t, m, v); got == "C" {
		t.Error("after C failed eight times it is still preferred")
	}
}

func TestProposalsSideBySideSpread(t *testing.T) {
	v, m := view(), New()
	m.Observe(v.Incumbent)
	seen := map[string]bool{}
	for range 4 {
		name := arm(t, m, v)
		seen[name] = true
		i := v.Space.Index(name)
		v.Pending = append(v.Pending, mechanisms.Proposal{Point: v.Incumbent.Point.With(i, 0.9)})
	}
	if len(seen) != 4 {
		t.Errorf("four proposals side by side changed %v, want four parameters", seen)
	}
}
