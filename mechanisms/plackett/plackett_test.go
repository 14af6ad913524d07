package plackett

import (
	"context"
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Every column of a Plackett-Burman design is balanced and orthogonal to every other: that is what lets one trial measure all effects.
func TestDesignsAreOrthogonal(t *testing.T) {
	for _, design := range []string{twelve, twenty} {
		n := len(design)
		sign := func(row, c int) int {
			if row < n && design[(c+row)%n] == '+' {
				return 1
			}
			return -1
		}
		for a := range n {
			for b := range a + 1 {
				product, sum := 0, 0
				for row := range n + 1 {
					product += sign(row, a) * sign(row, b)
					sum += sign(row, a)
				}
				if sum != 0 || a != b && product != 0 || a == b && product != n+1 {
					t.Errorf("design of %d: columns %d and %d have product %d, sum %d", n+1, a, b, product, sum)
				}
			}
		}
	}
}

func TestMeasuresEveryEffectAndFollowsTheLargest(t *testing.T) {
	slopes := []float64{0, -4, 1, 0.5, 6, 0, 0, -0.2, 0, 0.1, -9}
	s := mechanisms.Space{Name: "additive"}
	for i := range slopes {
		s.Params = append(s.Params, mechanisms.Param{Name: string(rune('A' + i)), Kind: mechanisms.Float, Max: 1, Default: 0.5})
	}
	measure := func(p mechanisms.Point) float64 {
		x := 50.0
		for i, b := range slopes {
			x += b * p[i]
		}
		return x
	}
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, BPB: measure(s.Default()), Kept: true}
	v := mechanisms.View{Space: s, Incumbent: base, Trials: []mechanisms.Trial{base}}
	m := New()
	m.Observe(base)
	for seq := 1; seq <= 13; seq++ {
		v.Seq, v.Rand = seq, mechanisms.Stream(1, seq, "propose")
		p, err := m.Propose(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		tr := mechanisms.Trial{Seq: seq, Point: p.Point, Status: mechanisms.Complete, BPB: measure(p.Point), By: name}
		if tr.Kept = m.Accept(v, tr); tr.Kept {
			v.Incumbent = tr
		}
		v.Trials = append(v.Trials, tr)
		m.Observe(tr)
	}
	first := m.effects(v, v.Free())[0].param
	if first != 10 {
		t.Errorf("the largest effect is said to be %s's, want K's", s.Params[first].Name)
	}
	for _, e := range m.effects(v, v.Free()) {
		if want := slopes[e.param] * 2 * reach; math.Abs(e.bpb-want) > 1e-9 {
			t.Errorf("effect of %s is %v, want %v", s.Params[e.param].Name, e.bpb, want)
		}
	}
	if !m.Base.Equal(base.Point) {
		t.Errorf("the base moved to %v during the screen", m.Base)
	}
}
