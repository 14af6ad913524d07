package ablate

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
)

// small is a plan of so many surfaces and seeds.
func small(t testing.TB, tasks, seeds int, profiles []string, names ...string) Plan {
	t.Helper()
	p := Plan{Title: "test", Tasks: SurfaceTasks(tasks), Profiles: profiles, Setting: Setting{
		Trials: 30, SteerEvery: 5, InventEvery: 10, Fresh: 8, Model: "simulated", Simulated: true, Program: "test",
	}}
	for _, name := range names {
		a, err := FindArm(name, 5, 10)
		if err != nil {
			t.Fatal(err)
		}
		p.Arms = append(p.Arms, a)
	}
	for s := range seeds {
		p.Seeds = append(p.Seeds, uint64(s+1))
	}
	return p
}

// parts ask the simulated model.
func parts(workers int) Parts {
	return Parts{Workers: workers, Models: func(profile string) (model.Model, error) { return simulated.New(profile) }}
}

func made(t testing.TB, dir string, p Plan, parts Parts) Result {
	t.Helper()
	r, err := Make(context.Background(), dir, p, parts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, r Result) string {
	t.Helper()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestScratch(t *testing.T) {
	if os.Getenv("SCRATCH") == "" {
		t.Skip()
	}
	r := made(t, t.TempDir(), small(t, 24, 1, []string{"rut", "micro", "unbiased"}, "A", "B", "R", "single", "batches", "memory"), parts(2))
	t.Logf("%d runs", len(r.Runs))
}
