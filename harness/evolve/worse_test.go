package evolve

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// Looked at after every trial, evidence of 20 must come up in one run of 20 at most where both draw from one distribution.
func TestEvidenceKeepsItsRateHoweverOftenItIsLookedAt(t *testing.T) {
	const runs, looks = 3000, 40
	r := mechanisms.Stream(3, 0, "evidence")
	draw := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			if x[i] = math.Exp(r.NormFloat64()); r.IntN(12) == 0 {
				x[i] = math.Inf(1) // a failure
			}
		}
		return x
	}
	for _, n := range []int{4, 10, 30} {
		reached := 0
		for range runs {
			before, since := draw(n), draw(looks)
			for m := 1; m <= looks; m++ {
				if evidence(before, since[:m], 0) >= watchEvidence {
					reached++
					break
				}
			}
		}
		t.Logf("beside %d trials: %.4f", n, float64(reached)/runs)
		if share := float64(reached) / runs; share > 1.0/watchEvidence || n == 10 && share < 0.002 {
			t.Errorf("with %d trials before, evidence of %d came up in %.4f of runs, want at most %.3f and more than none", n, watchEvidence, share, 1.0/watchEvidence)
		}
	}
}

func TestEvidenceByHand(t *testing.T) {
	// Two trials before, one after that lies above both: of three in any order the last is the largest with chance 1/3;
	// the other hypothesis has E[q] = 2/3 for q of Beta(2, 1).
	if got := evidence([]float64{1, 2}, []float64{3}, 0); math.Abs(got-2) > 1e-9 {
		t.Errorf("evidence is %v, want 2", got)
	}
	if got := evidence([]float64{1, 2}, []float64{3}, 1); math.Abs(got-0.5) > 1e-9 { // 1/3 beside 2/3
		t.Errorf("a difference that noise explains: evidence is %v, want 0.5", got)
	}
	if got := evidence([]float64{1}, []float64{3, 4, 5}, 0); got != 1 {
		t.Errorf("beside a single trial evidence is %v, want 1", got)
	}
}

// A relay is two mechanisms one after the other, each shown every trial, as a hand-over has it.
type relay struct {
	First, Second mechanisms.Mechanism
	at            int // last trial of the first
}

func (r *relay) charged(seq int) mechanisms.Mechanism {
	if seq <= r.at {
		return r.First
	}
	return r.Second
}

func (r *relay) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return r.charged(v.Seq).Propose(ctx, v)
}
func (r *relay) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return r.charged(t.Seq).Accept(v, t)
}
func (r *relay) Observe(t mechanisms.Trial) { r.First.Observe(t); r.Second.Observe(t) }

// rerun proposes what was tried.
type rerun struct{}

func (rerun) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return mechanisms.Proposal{Point: v.Trials[v.Rand.IntN(len(v.Trials))].Point.Clone()}, nil
}
func (rerun) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }
func (rerun) Observe(mechanisms.Trial)                          {}

// retired is the share of searches in which the second mechanism, in charge from trial 11 to 30, is taken out, and that in
// which it is by trial 20. No trial counts as one that the first would have made too, which is the harder case: of two equal
// mechanisms a run compares none.
func retired(t *testing.T, family, first, second string, searches int) (byEnd, byTwenty float64) {
	t.Helper()
	const last = 10
	make := func(name string) mechanisms.Mechanism {
		if name == "rerun" {
			return rerun{}
		}
		e, err := catalog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		return e.New()
	}
	f, _ := surfaces.Find(family)
	for i := range searches {
		s, seed := f.New(uint64(i)), uint64(i)
		e := mechanisms.Entry{Name: second, New: func() mechanisms.Mechanism { return &relay{make(first), make(second), last} }}
		run, err := surfaces.Search(e, s, standin.Suggest, seed, surfaces.Trials, 1)
		if err != nil {
			t.Fatal(err)
		}
		var all []store.Lived
		seen := map[string]bool{}
		for _, x := range run.Trials {
			l := store.Lived{Trial: x, Mechanism: "successor", Known: seen[fmt.Sprint(x.Point)]}
			if seen[fmt.Sprint(x.Point)] = true; x.Seq <= last {
				l.Mechanism = "predecessor"
			}
			if x.Seq == 0 {
				continue
			}
			all = append(all, l)
			if x.Seq <= last {
				continue
			}
			since, before := conducts(all, run.Trials[0], "successor", "predecessor", s.Noise)
			if worse(since, before, "predecessor", s.Noise, s.Space.Measure) != "" {
				if byEnd++; x.Seq <= 20 {
					byTwenty++
				}
				break
			}
		}
	}
	return byEnd / float64(searches), byTwenty / float64(searches)
}

// Two mechanisms that search alike: the second is taken out in one search of 20 at most, on any family.
func TestAnEqualMechanismStays(t *testing.T) {
	for _, f := range surfaces.Families {
		sum := 0.0
		names := []string{"greedy", "bandit", "coordinate", "tabu", "es", "anneal", "foldover", "random"}
		for _, name := range names {
			got, _ := retired(t, f.Name, name, name, 25)
			if sum += got / float64(len(names)); got > 0.12 { // three of 25
				t.Errorf("%s: %s after %s is taken out in %.2f of searches, want 0.05 at most", f.Name, name, name, got)
			}
		}
		t.Logf("%s: %.3f", f.Name, sum)
		if sum > 1.0/watchEvidence {
			t.Errorf("%s: an equal mechanism is taken out in %.3f of searches, want 0.05 at most", f.Name, sum)
		}
	}
}

// What proposes again what was tried is taken out, and what draws every point anew where that leads far off. A mechanism
// that is better in the end is left to work.
func TestAHarmfulMechanismIsTakenOut(t *testing.T) {
	for _, c := range []struct {
		family, first, second string
		atLeast, atMost       float64 // share taken out
	}{
		{"gptsim", "bandit", "rerun", 0.6, 1}, {"steplaw", "coordinate", "rerun", 0.8, 1}, {"bbobmix", "tabu", "rerun", 0.9, 1},
		{"gptsim", "bandit", "random", 0.35, 1}, {"gptsim", "coordinate", "random", 0.5, 1},
		{"gptsim", "bandit", "es", 0, 0.1}, {"gptsim", "greedy", "tabu", 0, 0.05}, {"bbobmix", "coordinate", "es", 0, 0.1},
		{"flat", "greedy", "random", 0, 0.05}, // where nothing can be gained there is nothing better to go back to
	} {
		end, twenty := retired(t, c.family, c.first, c.second, 25)
		t.Logf("%s: %s after %s: %.2f, by trial 20 %.2f", c.family, c.second, c.first, end, twenty)
		if end < c.atLeast || end > c.atMost {
			t.Errorf("%s: %s after %s is taken out in %.2f of searches, want %.2f to %.2f", c.family, c.second, c.first, end, c.atLeast, c.atMost)
		}
	}
}
