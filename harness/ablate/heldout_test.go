package ablate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
)

func names(tasks []PlannedTask) string {
	var all []string
	for _, t := range tasks {
		all = append(all, t.Name)
	}
	return strings.Join(all, " ")
}

// No task is on both sides, a whole family is on the side that level 2 never sees, and tasks that are trained are on either.
func TestTasksAreHeldOut(t *testing.T) {
	shown, out := HoldOut(SurfaceTasks(8))
	if got, want := names(shown)+" | "+names(out), "gptsim-1 steplaw-1 gptsim-3 steplaw-3 | bbobmix-1 gptsim-2 steplaw-2 bbobmix-2"; got != want {
		t.Errorf("held out: %s, want %s", got, want)
	}
	for _, task := range shown {
		if task.HeldOut {
			t.Errorf("%s is shown and held out", task.Name)
		}
	}
	var real []PlannedTask
	for _, name := range []string{"a-short", "b-short", "a-long", "b-long"} {
		real = append(real, PlannedTask{Task: Task{Name: name, Family: name[:1], Real: true}})
	}
	shown, out = HoldOut(real)
	if len(shown) != 2 || len(out) != 2 || !out[0].HeldOut {
		t.Errorf("of four tasks that are trained %s are shown and %s are held out", names(shown), names(out))
	}
}

func TestTheLastOfEachSessionIsJudgedWhateverBecameOfIt(t *testing.T) {
	var made []Made
	for i := range 9 {
		made = append(made, Made{Name: fmt.Sprint("m", i%6), Source: "x"})
	}
	var got []string
	for _, m := range spread(made, 3) {
		got = append(got, m.Name)
	}
	if !slices.Equal(got, []string{"m0", "m2", "m4"}) {
		t.Errorf("three of six are %v, want them spread", got)
	}
	if n := len(spread(made, 100)); n != 6 {
		t.Errorf("%d distinct ones, want 6", n)
	}
	if _, err := HeldOutPlan(Plan{Setting: Setting{Trials: 5, Fresh: 2}}, nil, nil, 3); err == nil || !strings.Contains(err.Error(), "nothing to judge") {
		t.Errorf("no mechanism gave %v", err)
	}
}

// A level2 that makes foldover in the first cycle and tabu in the second, in this process.
type madeByHand struct{}

func (madeByHand) Join(context.Context, Invents, model.Model) (evolve.Inventor, func(), error) {
	return madeByHand{}, func() {}, nil
}

func (madeByHand) Invent(_ context.Context, o evolve.Occasion) (evolve.Invention, error) {
	name := []string{"foldover", "tabu"}[(o.Cycle-1)%2]
	return evolve.Invention{Outcome: evolve.Ready, Why: "by hand", Name: name, Hash: "hash of " + name, Source: "package " + name, Binary: "runner of " + name, Path: os.Args[0], Record: json.RawMessage(`{}`)}, nil
}

// startsByHand starts what madeByHand made.
func startsByHand(i evolve.Image) (evolve.Runner, error) {
	current, err := catalog.Find(i.Name)
	if err != nil {
		return nil, err
	}
	current.Hash = i.Hash
	shadow := mechanisms.Entry{}
	if i.Shadow != "" {
		if shadow, err = catalog.Find(i.Shadow); err != nil {
			return nil, err
		}
	}
	return evolve.Inside(current, shadow), nil
}

// What level 2 made on some tasks is in charge from the first trial on, on all: its runs there are those of the same mechanism as
// an arm by hand, and what it came to on either side is set side by side.
func TestMadeMechanismsAreJudgedByThemselves(t *testing.T) {
	carried := 0
	parts := Parts{
		Models: func(profile string) (model.Model, error) { return simulated.New(profile) }, Level2: madeByHand{}, Start: startsByHand,
		Carry: func(_ context.Context, name, source string) (Carried, error) {
			if source != "package "+name {
				return Carried{}, errors.New("another source")
			}
			carried++
			return Carried{Hash: "hash of " + name, Binary: "runner of " + name, Path: os.Args[0]}, nil
		},
	}
	s := Setting{Trials: 11, SteerEvery: 5, InventEvery: 4, Fresh: 2, Model: "simulated", Simulated: true, Program: "test"}
	shown, out := HoldOut(SurfaceTasks(6))
	making, err := MakingPlan(s, shown, []uint64{1}, []string{"rut"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := Make(context.Background(), filepath.Join(dir, "making"), making, parts); err != nil {
		t.Fatal(err)
	}
	made, err := LastMade(filepath.Join(dir, "making"))
	if err != nil || len(made) != len(shown) || made[0].Name != "tabu" || made[0].Source != "package tabu" {
		t.Fatalf("the sessions made %+v, %v; want tabu last in each of %d", made, err, len(shown))
	}
	made = append(made, Made{Name: "anneal", Idea: "by hand", Source: "package anneal"})
	plan, err := HeldOutPlan(making, out, made, 10)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Make(context.Background(), dir, plan, parts)
	if err != nil {
		t.Fatal(err)
	}
	if carried != 2 || len(r.Runs) != 6*6 {
		t.Errorf("%d mechanisms carried and %d runs, want 2 and 36", carried, len(r.Runs))
	}
	if len(r.Transfer) != 1 || !slices.Equal(r.Transfer[0].Arms, []string{"tabu", "anneal"}) || len(r.Transfer[0].HeldOut) != 2 {
		t.Errorf("transfer %+v, want the two made mechanisms on both sides", r.Transfer)
	}
	byHand := plan
	byHand.Arms = slices.Clone(plan.Arms[:1])
	arm, err := FindArm("tabu", 5, 4)
	if err != nil {
		t.Fatal(err)
	}
	byHand.Arms = append(byHand.Arms, arm)
	want, err := Make(context.Background(), t.TempDir(), byHand, parts)
	if err != nil {
		t.Fatal(err)
	}
	regrets := func(r Result) (all []float64) {
		for _, run := range r.Runs {
			if run.Arm == "tabu" {
				if run.Error != "" {
					t.Error(run.Error)
				}
				all = append(all, run.Regret)
			}
		}
		return all
	}
	if got, want := regrets(r), regrets(want); !slices.Equal(got, want) {
		t.Errorf("tabu as made ends with regrets %v, by hand with %v", got, want)
	}
}
