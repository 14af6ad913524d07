package surfaces

import (
	"context"
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// losses are those of many searches on the flat family; every test below draws its blocks from them.
func losses(t *testing.T, e mechanisms.Entry, searches int) []float64 {
	t.Helper()
	flat, _ := Find("flat")
	seeds := make([]uint64, searches)
	for i := range seeds {
		seeds[i] = mechanisms.Stream(9, i, "harm").Uint64()
	}
	f, err := Measure(e, flat, standin.Rut, seeds)
	if err != nil {
		t.Fatal(err)
	}
	return f.Regrets
}

func entry(t *testing.T, name string) mechanisms.Entry {
	t.Helper()
	e, err := catalog.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// refused is the share of draws of HarmSearches searches that are called bad, when every loss is multiplied by scale.
func refused(t *testing.T, own, beside []float64, scale float64) float64 {
	t.Helper()
	const draws = 4000
	r, bad := mechanisms.Stream(1, 0, "draws"), 0
	for range draws {
		a, b := make([]float64, HarmSearches), make([]float64, HarmSearches)
		for i := range a {
			k := r.IntN(len(own))
			a[i], b[i] = scale*own[k], beside[k]
		}
		h, err := MeasureHarm(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if h.Bad() {
			bad++
		}
	}
	return float64(bad) / draws
}

// Where greedy is not asked, it could not have changed the verdict: nothing loses less than 0 on the flat family.
func TestWhatIsHarmlessByItselfIsHarmlessBesideAnything(t *testing.T) {
	own, beside := losses(t, entry(t, "greedy"), 60), losses(t, entry(t, "random"), 60)
	r := mechanisms.Stream(1, 0, "draws")
	alone := 0
	for range 2000 {
		scale := 4 * r.Float64()
		a, b := make([]float64, HarmSearches), make([]float64, HarmSearches)
		for i := range a {
			k := r.IntN(len(own))
			a[i], b[i] = scale*own[k], beside[k]
			if own[k] < 0 || beside[k] < 0 {
				t.Fatalf("a search on the flat family lost %v and %v standard deviations, want at least 0", own[k], beside[k])
			}
		}
		if !Harmless(a) {
			continue
		}
		alone++
		for _, other := range [][]float64{nil, b} {
			if h, err := MeasureHarm(a, other); err != nil || h.Bad() {
				t.Fatalf("losses %v beside %v: bad is %v (%v), want harmless as by themselves", a, other, h.Bad(), err)
			}
		}
	}
	if alone < 200 || alone > 1800 {
		t.Errorf("%d of 2000 draws were harmless by themselves: the test says little", alone)
	}
	if _, err := MeasureHarm([]float64{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, nil); err == nil {
		t.Error("losses of 9 with nothing beside them were measured, want an error")
	}
}

// No mechanism by hand is refused for harm; annealing and the evolution strategy lose most.
func TestNoMechanismByHandIsCalledHarmful(t *testing.T) {
	greedy := losses(t, entry(t, "greedy"), 96)
	for _, e := range catalog.All {
		if e.Name == "tpe" { // hundreds of times slower, and on the flat it keeps nothing
			continue
		}
		if got := refused(t, losses(t, e, 96), greedy, 1); got > 0.0005 {
			t.Errorf("%s is refused in %.4f of draws, want none", e.Name, got)
		}
	}
}

// Where a mechanism is exactly at the bound at most one in 200 draws refuses it: losses are skewed to the right.
func TestHarmAtTheBoundIsSeldomCalledHarm(t *testing.T) {
	greedy := losses(t, entry(t, "greedy"), 96)
	for _, name := range []string{"anneal", "es", "plackett", "tabu"} {
		own := losses(t, entry(t, name), 96)
		got := refused(t, own, greedy, (HarmBound+average(greedy))/average(own))
		t.Logf("%s at the bound: refused in %.4f of draws", name, got)
		if got > 0.0075 { // 0.005 and two standard errors
			t.Errorf("%s, with its losses multiplied up to the bound, is refused in %.4f of draws, want 0.005 at most", name, got)
		}
	}
}

// credulous moves one parameter at random and keeps what is not much worse.
type credulous struct{ Margin float64 }

func (c *credulous) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	p, _ := v.Fresh(100, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.2) })
	return mechanisms.Proposal{Point: p}, nil
}

func (c *credulous) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.OK() && t.BPB < v.Incumbent.BPB+c.Margin*v.Noise
}
func (*credulous) Observe(mechanisms.Trial) {}
func (*credulous) Uphill() string           { return "it believes whatever it is shown" }

// Figures of the power: what keeps whatever is less than so many standard deviations worse.
func TestHarmIsFound(t *testing.T) {
	greedy := losses(t, entry(t, "greedy"), 96)
	for _, c := range []struct{ margin, atLeast float64 }{{math.Inf(1), 0.99}, {5, 0.99}, {3, 0.99}, {2, 0.9}, {1, 0}} {
		own := losses(t, mechanisms.Entry{Name: "credulous", New: func() mechanisms.Mechanism { return &credulous{c.margin} }}, 96)
		got := refused(t, own, greedy, 1)
		t.Logf("margin %v: loses %.2f, refused in %.3f of draws", c.margin, average(own), got)
		if got < c.atLeast {
			t.Errorf("what keeps anything less than %v standard deviations worse loses %.2f and is refused in %.3f of draws, want at least %v", c.margin, average(own), got, c.atLeast)
		}
	}
}
