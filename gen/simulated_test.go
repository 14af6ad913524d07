package gen

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed161a02ea/bilevel/gen/research"
	"github.com/seed161a02ea/bilevel/harness/model"
)

// What the simulated model writes from many traces, by all its families, is source that nothing is wrong with.
func TestSourcesOfTheSimulatedModelAreVettedWithoutFindings(t *testing.T) {
	ctx := context.Background()
	checker, err := newPipeline(t, nil).check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, seen := simulation(t, "rut"), map[string]bool{}
	for seed := range uint64(8) {
		var tried []model.Tried
		for cycle := 1; cycle <= 6; cycle++ {
			o := occasion(5 * cycle)
			o.Cycle, o.Welcome.View.RunSeed, o.Tried = cycle, seed, tried
			d := research.Begin(m, o.asked("package greedy"))
			plan, err := d.Plan(ctx, func(string) func(string, error) { return func(string, error) {} })
			if err != nil {
				t.Fatal(err)
			}
			if plan.None() {
				break
			}
			reply, err := d.Generate(ctx)
			if err != nil {
				t.Fatal(err)
			}
			source, _ := model.Source(reply)
			pkg, findings := checker.Check([]byte(source))
			if len(findings) > 0 {
				t.Errorf("seed %d, cycle %d, %s: %s\n%s", seed, cycle, plan.Spec.Name, words(findings), source)
			}
			seen[pkg.Hash] = true
			tried = append(tried, model.Tried{Name: fmt.Sprintf("%s-%.6s", plan.Spec.Name, pkg.Hash), Idea: plan.Spec.Idea, Outcome: "replaced", Trials: 10, Influence: 5})
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d different sources were vetted, want at least 20", len(seen))
	}
	t.Logf("%d different sources", len(seen))
}
