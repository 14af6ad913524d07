package ablate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// crossed is a result of so many made mechanisms on held-out tasks, with effects that belong to the mechanism, to the task, and to A's
// own luck on a unit.
func crossed(mechanisms, tasks int, mean, ofMechanism, ofTask float64, draw *rand.Rand) *Result {
	r := &Result{Setting: Setting{Trials: 30, Simulated: true}, Profiles: []string{"rut"}, Arms: []Arm{{Name: "A", Kind: KindGroup}}}
	effect := make([]float64, mechanisms)
	for i := range effect {
		effect[i] = mean + ofMechanism*draw.NormFloat64()
		r.Arms = append(r.Arms, Arm{Name: fmt.Sprintf("idea-%02d", i), Kind: KindMechanism})
	}
	for k := range tasks {
		task := Task{Name: fmt.Sprintf("task-%02d", k), Family: "family", HeldOut: true}
		r.Tasks = append(r.Tasks, task)
		luck := ofTask * draw.NormFloat64()
		for i, a := range r.Arms {
			run := Run{Arm: a.Name, Task: task.Name, Seed: 1, Profile: "rut", Default: 2, Trials: 30, Regret: 0.5}
			if i > 0 {
				run.Regret += effect[i-1] + luck + 0.05*draw.NormFloat64()
			}
			run.Diverged = i
			r.Runs = append(r.Runs, run)
		}
	}
	r.Planned = len(r.Runs)
	return r
}

func claimOf(t *testing.T, r *Result) Claim {
	t.Helper()
	c := tabulate(r, "rut").producesClaim()
	if c.Text != produces {
		t.Fatalf("claim %+v", c)
	}
	return c
}

func TestMadeMechanismsAreCountedBySession(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 3))
	c := claimOf(t, crossed(10, 12, -0.3, 0.05, 0.05, draw))
	if c.N != 10 || c.P > 0.05 || c.Low > -0.3 || c.High < -0.3 || !strings.Contains(c.Says, ": shown.") {
		t.Errorf("ten mechanisms that help: %+v", c)
	}
	few := claimOf(t, crossed(3, 12, -0.3, 0.05, 0.05, draw))
	if few.P < 0.25 || !strings.Contains(few.Says, "so few could not have shown it") {
		t.Errorf("three mechanisms that help: %+v, want nothing shown", few)
	}
}

// Luck of A on a task is shared by all mechanisms; counted by sessions alone, it would pass for an effect in nearly every
// ablation.
func TestSharedLuckIsNotAnEffect(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 4))
	const n = 120
	for _, spread := range [][2]float64{{0.02, 0.2}, {0.15, 0.15}, {0.2, 0.02}} { // of mechanisms and of tasks
		hits, covers := 0, 0
		for range n {
			c := claimOf(t, crossed(10, 12, 0, spread[0], spread[1], draw))
			if c.P <= 0.05 {
				hits++
			}
			if c.Low <= 0 && c.High >= 0 {
				covers++
			}
		}
		t.Logf("spread %v: false positives %d of %d, intervals that cover %d", spread, hits, n, covers)
		if hits > 13 || covers < 107 { // 0.05 and 0.95, with three standard errors
			t.Errorf("spread %v: false positives %d of %d, intervals that cover %d", spread, hits, n, covers)
		}
	}
}
