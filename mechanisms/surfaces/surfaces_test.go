package surfaces

import (
	"math"
	"slices"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

func TestOptimumIsAPointThatNothingBeats(t *testing.T) {
	for _, f := range Families {
		for seed := range uint64(60) {
			s := f.New(seed)
			low := s.Value(s.Optimum)
			if err := s.Space.Check(s.Optimum); err != nil {
				t.Fatalf("%s %d: the optimum %v: %v", f.Name, seed, s.Optimum, err)
			}
			if got := s.Train(s.Optimum); !got.OK() {
				t.Fatalf("%s %d: training the optimum ends %s: %s", f.Name, seed, got.Status, got.Reason)
			}
			if got := s.Train(s.Space.Default()); !got.OK() {
				t.Fatalf("%s %d: training the default ends %s: %s", f.Name, seed, got.Status, got.Reason)
			}
			v := mechanisms.View{Space: s.Space, Incumbent: mechanisms.Trial{Point: s.Optimum}, Rand: mechanisms.Stream(seed, 0, "test")}
			for k := range 300 {
				p := v.Uniform()
				if k%2 == 1 { // near the optimum, where a wrong one would be found out
					p = v.Nudge(s.Optimum, v.Rand.IntN(len(p)), 0.05)
				}
				if s.Value(p) < low-1e-9 {
					t.Fatalf("%s %d: %s has %v, the optimum %v", f.Name, seed, s.Space.Diff(s.Optimum, p), s.Value(p), low)
				}
			}
		}
	}
}

func TestDefaultLeavesSomethingToFindButOnTheFlat(t *testing.T) {
	for _, f := range Families {
		sum := 0.0
		for seed := range uint64(60) {
			s := f.New(seed)
			d := s.Value(s.Space.Default()) - s.Value(s.Optimum)
			sum += d
			switch {
			case f.Null && d != 0:
				t.Errorf("%s %d: the default is %v above the optimum, want 0", f.Name, seed, d)
			case !f.Null && d < 5*s.Noise:
				t.Errorf("%s %d: the default is %v above the optimum, want at least five times the noise %v", f.Name, seed, d, s.Noise)
			}
		}
		if f.Name == "gptsim" && (sum/60 < 0.025 || sum/60 > 0.06) {
			t.Errorf("gptsim: the default is %.4f above the optimum on average, want about %v", sum/60, gap)
		}
	}
}

func TestGPTSimFailsInEveryWayAndInBothDirections(t *testing.T) {
	seen, up, down := map[mechanisms.Status]int{}, 0, 0
	for seed := range uint64(40) {
		s := GPTSim(seed)
		v := mechanisms.View{Space: s.Space, Incumbent: mechanisms.Trial{Point: s.Space.Default()}, Rand: mechanisms.Stream(seed, 1, "test")}
		for range 50 {
			p, _ := v.Fresh(50, v.Uniform)
			seen[s.Train(p).Status]++
		}
		for i, q := range s.Space.Params {
			switch q.Direction(q.Default, s.Optimum[i]) {
			case +1:
				up++
			case -1:
				down++
			}
		}
	}
	if seen[mechanisms.OutOfMem] < 20 || seen[mechanisms.Diverged] < 20 || seen[mechanisms.Complete] < 800 {
		t.Errorf("2000 random trials end %v, want mostly complete and some of each failure", seen)
	}
	if up < 100 || down < 100 {
		t.Errorf("%d best values lie above the default and %d below, want plenty of both", up, down)
	}
}

func TestStepLawFollowsTheLaw(t *testing.T) {
	// By hand: 1.79 · 10^-6.417 · 10^3.377 and 0.58 · 10^6.281.
	rate, batch := law(1e9, 1e11)
	if math.Abs(rate/1.632e-3-1) > 1e-3 || math.Abs(batch/1.108e6-1) > 1e-3 {
		t.Errorf("for 1e9 parameters and 1e11 tokens: rate %.4g, batch %.4g; want 1.632e-3 and 1.108e6", rate, batch)
	}
}

func TestBBOBFunctionsAreZeroAtTheirOptimum(t *testing.T) {
	r := mechanisms.Stream(1, 2, "bbob")
	for range 20 {
		for _, f := range []function{sphere(r), ellipsoid(r), slope(r), sector(r), rosenbrock(r), rastrigin(r), gallagher(r)} {
			if got := f.value(f.optimum); math.Abs(got) > 1e-9 {
				t.Errorf("%s at its optimum is %v, want 0", f.name, got)
			}
			if got := f.value(uniform(r, 4)); got <= 0 || math.IsNaN(got) {
				t.Errorf("%s elsewhere is %v, want above 0", f.name, got)
			}
		}
	}
	// Values by hand: the sphere at distance 2, the Rosenbrock function of the doc at z = (1, ..., 1, 2): 100·(1-2)² + 0.
	s := sphere(r)
	x := append([]float64(nil), s.optimum...)
	x[3] += 2
	if got := s.value(x); math.Abs(got-4) > 1e-12 {
		t.Errorf("sphere at distance 2 is %v, want 4", got)
	}
	b := rosenbrock(r)
	y := append([]float64(nil), b.optimum...)
	y[dims-1]++
	if got := b.value(y); math.Abs(got-100) > 1e-9 {
		t.Errorf("Rosenbrock one step off in the last variable is %v, want 100", got)
	}
}

func TestSearchIsRepeatableAndCountsWhatItClaims(t *testing.T) {
	for _, name := range []string{"greedy", "foldover", "coordinate"} {
		e, err := catalog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		a, errA := Search(e, GPTSim(3), standin.Rut, 5, Trials, 1)
		b, errB := Search(e, GPTSim(3), standin.Rut, 5, Trials, 1)
		if errA != nil || errB != nil || len(a.Regret) != Trials+1 || a.Regret[0] != 1 {
			t.Fatalf("%s: %v %v %v", name, errA, errB, a.Regret)
		}
		for k := range a.Trials {
			if !a.Trials[k].Point.Equal(b.Trials[k].Point) {
				t.Fatalf("%s: trial %d is %v and then %v", name, k, a.Trials[k].Point, b.Trials[k].Point)
			}
		}
		if (name == "greedy") != (a.Differs == 0) {
			t.Errorf("%s decides otherwise than greedy %d times of %d", name, a.Differs, a.Decisions)
		}
	}
}

func TestComparisonSeesADifferenceAndNoneWhereThereIsNone(t *testing.T) {
	greedy, errA := catalog.Find("greedy")
	placebo, errB := catalog.Find("placebo")
	orthogonal, errC := catalog.Find("orthogonal")
	if errA != nil || errB != nil || errC != nil {
		t.Fatal(errA, errB, errC)
	}
	same, err := Compare(greedy, placebo, Families[0], standin.Rut, 20)
	if err != nil || same.Difference != 0 || same.P < 0.99 {
		t.Errorf("greedy against placebo: difference %v, p %v (%v); want 0 and 1", same.Difference, same.P, err)
	}
	other, err := Compare(orthogonal, greedy, Families[0], standin.Rut, 20)
	if err != nil || other.High >= 0 || other.P > 0.01 {
		t.Errorf("orthogonal against greedy: %v [%v, %v], p %v (%v); want clearly below 0", other.Difference, other.Low, other.High, other.P, err)
	}
}

func TestPairedStatisticsByHand(t *testing.T) {
	// Three differences of one sign: of the eight sign patterns two are as extreme, so p is 1/4.
	mean, low, high, p := paired([]float64{1, 2, 3})
	if mean != 2 || low != 1 || high != 3 || math.Abs(p-0.25) > 0.02 {
		t.Errorf("paired(1, 2, 3) = %v [%v, %v], p %v; want 2 [1, 3], p 0.25", mean, low, high, p)
	}
}

func TestInstancesFollowTheSources(t *testing.T) {
	a, errA := Seeds(3, mechanisms.Entry{Name: "x", Hash: "1"})
	b, errB := Seeds(3, mechanisms.Entry{Name: "x", Hash: "2"})
	if errA != nil || errB != nil || a[0] == b[0] || a[0] == a[1] {
		t.Errorf("seeds of two sources: %v and %v (%v, %v)", a, b, errA, errB)
	}
	if _, err := Seeds(1, mechanisms.Entry{Name: "no-such-package"}); err == nil {
		t.Error("a mechanism without source got seeds, want an error")
	}
}

func TestLossesAreTheRegretsOfMeasure(t *testing.T) {
	flat, _ := Find("flat")
	for _, name := range []string{"anneal", "greedy"} {
		e, err := catalog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Losses(e, flat, standin.Rut, []uint64{3, 4})
		if err != nil {
			t.Fatal(err)
		}
		want, err := Measure(e, flat, standin.Rut, []uint64{3, 4})
		if err != nil || !slices.Equal(got, want.Regrets) {
			t.Errorf("%s loses %v, want %v (%v)", name, got, want.Regrets, err)
		}
	}
}
