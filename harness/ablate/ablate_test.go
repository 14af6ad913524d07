package ablate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/evolve"
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

// placebos is level 2 that makes a placebo every time, which runs in this process. What really stands behind it has this name.
type placebos struct{ stands string }

func (placebos) Join(context.Context, Invents, model.Model) (evolve.Inventor, func(), error) {
	return inventsPlacebo{}, func() {}, nil
}

type inventsPlacebo struct{}

func (inventsPlacebo) Invent(_ context.Context, o evolve.Occasion) (evolve.Invention, error) {
	name := fmt.Sprint("placebo-", o.Cycle)
	return evolve.Invention{Outcome: evolve.Ready, Why: "decides as before", Name: name, Hash: name, Source: name, Binary: name, Record: json.RawMessage("{}")}, nil
}

func (p placebos) start(i evolve.Image) (evolve.Runner, error) {
	current, err := findEntry(p.stands)
	shadow, _ := findEntry("greedy")
	current.Name, current.Hash, shadow.Name = i.Name, i.Hash, i.Shadow
	return evolve.Inside(current, shadow), err
}

func withPlacebos(workers int, stands string) Parts {
	p := parts(workers)
	l := placebos{stands}
	p.Level2, p.Start = l, l.start
	return p
}

// The control for hand-overs equals A in every bit, and is found out where it does not.
func TestThePlaceboEqualsA(t *testing.T) {
	plan := small(t, 3, 1, []string{"rut", "unbiased"}, "A", "P")
	r := made(t, t.TempDir(), plan, withPlacebos(2, "placebo"))
	if r.Placebo == nil || r.Placebo.Pairs != 10 || r.Placebo.Handovers != 20 || len(r.Placebo.Unequal) != 0 {
		t.Errorf("placebo %+v, want 10 pairs (3 tasks and 2 null ones in 2 profiles) with 2 hand-overs each, none unequal", r.Placebo)
	}
	for _, run := range r.Runs {
		if run.Arm == "P" && (run.Diverged != 0 || run.Memo != run.Trials-run.Failed || run.Decisions == 0 || run.Differed != 0) {
			t.Errorf("P on %s: diverged at %d, %d of %d trials known, %d of %d decisions differ; want never, all, none of some", run.Task, run.Diverged, run.Memo, run.Trials, run.Differed, run.Decisions)
		}
	}
	r = made(t, t.TempDir(), plan, withPlacebos(2, "coordinate"))
	if len(r.Placebo.Unequal) == 0 || !strings.Contains(r.Placebo.Unequal[0], "from trial 11 on") {
		t.Errorf("with another mechanism in the placebo's place: unequal %q, want units from trial 11 on", r.Placebo.Unequal)
	}
}

// The result is the same however many runs go on at a time, however often the ablation was interrupted, and whether the
// model is asked in words.
func TestTheResultIsThatOfThePlan(t *testing.T) {
	plan := small(t, 3, 2, []string{"rut", "micro"}, "A", "B", "R", "P", "single", "batches", "memory", "coordinate", "cmaes")
	dir := t.TempDir()
	want := text(t, made(t, dir, plan, withPlacebos(1, "placebo")))
	if got, err := Read(dir); err != nil || text(t, got) != want {
		t.Errorf("read again (%v) it is another", err)
	}
	if got := text(t, made(t, t.TempDir(), plan, withPlacebos(7, "placebo"))); got != want {
		t.Errorf("with 7 workers: %s", difference(got, want))
	}

	dir = t.TempDir()
	for _, after := range []int{3, 20, 40} {
		ctx, cancel := context.WithCancel(context.Background())
		p := withPlacebos(3, "placebo")
		var made atomic.Int64
		p.Tell = func(Progress) {
			if made.Add(1) == int64(after) {
				cancel()
			}
		}
		if _, err := Make(ctx, dir, plan, p); !errors.Is(err, evolve.ErrStopped) {
			t.Fatalf("interrupted after %d runs: error %v, want %v", after, err, evolve.ErrStopped)
		}
		if part, err := Read(dir); err != nil || len(part.Runs)+harmed(&part) == 0 || len(part.Runs) >= part.Planned {
			t.Errorf("in between: error %v, %d runs of %d; want some", err, len(part.Runs), part.Planned)
		}
	}
	if got := text(t, made(t, dir, plan, withPlacebos(3, "placebo"))); got != want {
		t.Errorf("interrupted thrice: %s", difference(got, want))
	}

	p := withPlacebos(2, "placebo")
	p.Models = func(profile string) (model.Model, error) {
		m, err := simulated.New(profile)
		return wordy{m}, err
	}
	plan = small(t, 3, 1, []string{"rut"}, "A", "B", "R", "memory")
	if got, want := text(t, made(t, t.TempDir(), plan, p)), text(t, made(t, t.TempDir(), plan, parts(2))); got != want {
		t.Errorf("asked in words: %s", difference(got, want))
	}
}

// wordy hides that a model reads facts only.
type wordy struct{ model.Model }

func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is %s, want %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// A trial counts as known when its point was trained before: in the run, or by an arm before it on the unit.
func TestKnownTrialsAreCounted(t *testing.T) {
	r := made(t, t.TempDir(), small(t, 3, 1, []string{"rut"}, "A", "B", "single", "random"), parts(2))
	if len(r.Runs) != 12 || r.Planned != 20 {
		t.Fatalf("%d runs of %d planned, want 12 and 8 more on null tasks", len(r.Runs), r.Planned)
	}
	for i, run := range r.Runs {
		want := map[string]func(Run) bool{
			"A":      func(r Run) bool { return r.Memo < r.Trials && r.Diverged == 0 },
			"B":      func(r Run) bool { return r.Memo >= 5 && (r.Diverged == 0 || r.Diverged > 5) },
			"single": func(s Run) bool { return s.Memo == s.Trials-s.Failed && s.Regret == r.Runs[i-2].Regret },
			"random": func(r Run) bool { return r.Memo < 5 && r.Diverged == 1 },
		}[run.Arm]
		if !want(run) {
			t.Errorf("%s on %s: %d of %d trials known, diverged at %d", run.Arm, run.Task, run.Memo, run.Trials, run.Diverged)
		}
		if run.Curve[0] != 1 || len(run.Curve) != 31 || run.Regret < -0.1 { // noise may measure a final incumbent below the optimum
			t.Errorf("%s on %s: regret begins at %v, has %d points and ends at %v", run.Arm, run.Task, run.Curve[0], len(run.Curve), run.Regret)
		}
	}
	if len(r.Harm) != 4 || len(r.Harm[0].Losses) != 2 {
		t.Errorf("harm %+v, want of 4 arms on 2 null tasks", r.Harm)
	}
}

// A run in which the model is asked nothing is the same in every profile, and is made once.
func TestARunThatAsksNothingIsMadeOnce(t *testing.T) {
	plan := small(t, 3, 1, []string{"rut", "micro"}, "A", "coordinate", "gp")
	dir := t.TempDir()
	r := made(t, dir, plan, parts(1))
	rec, err := readRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.close()
	done, err := rec.all()
	if err != nil {
		t.Fatal(err)
	}
	plan.Profiles = []string{"micro"}
	alone := made(t, t.TempDir(), plan, parts(1))
	byKey := map[string]Run{}
	for _, run := range alone.Runs {
		byKey[run.Arm+run.Task] = run
	}
	for _, run := range r.Runs {
		f := done[runKey{run.Profile, run.Task, run.Seed, run.Arm}]
		if asks := run.Arm == "A"; f.Unasked == asks {
			t.Errorf("%s on %s, %s: asked nothing is %v", run.Arm, run.Task, run.Profile, f.Unasked)
		}
		if want := byKey[run.Arm+run.Task]; run.Profile == "micro" && !reflect.DeepEqual(run, want) {
			t.Errorf("%s on %s: %+v, want as made alone %+v", run.Arm, run.Task, run, want)
		}
	}
}

func TestAnArmThatRemembersIsToldOfItsEarlierRuns(t *testing.T) {
	plan := small(t, 24, 1, []string{"rut"}, "A", "memory")
	r := made(t, t.TempDir(), plan, parts(2))
	first, later := true, 0
	for _, run := range r.Runs {
		if run.Arm != "memory" || !strings.HasPrefix(run.Task, "gptsim") {
			continue
		}
		if first && run.Diverged != 0 {
			t.Errorf("%s, the first of its space, differs from A at trial %d; it has no lessons to follow", run.Task, run.Diverged)
		}
		if !first && run.Diverged > 0 {
			later++
		}
		first = false
	}
	if later == 0 {
		t.Error("no later run follows a lesson")
	}
}

func TestComparisonsEndAtALook(t *testing.T) {
	plan := small(t, 24, 2, []string{"rut"}, "A", "C", "R", "coordinate", "tabu")
	plan.Setting.Looks = LooksFor(48)
	for i := range plan.Arms { // a C that does no better than chance, without a toolchain
		if plan.Arms[i].Name == "C" {
			plan.Arms[i].Procedure = Procedure{Mechanism: "random", Parallel: 1}
		}
	}
	r := made(t, t.TempDir(), plan, parts(2))
	runs := map[string]int{}
	for _, run := range r.Runs {
		runs[run.Arm]++
	}
	for _, c := range r.Contrasts {
		if !c.Named {
			continue
		}
		last := c.Looks[len(c.Looks)-1]
		if last.Outcome == "go on" || last.Outcome == "efficacy" || runs[c.Second] > runs["C"] || runs[c.Second] < last.Pairs {
			t.Errorf("C against %s: %+v with %d runs of it and %d of C", c.Second, c.Looks, runs[c.Second], runs["C"])
		}
	}
	if runs["C"] == 48 || runs["tabu"] != runs["C"] {
		t.Errorf("runs %v; want a comparison with chance to end early, and the other arms with it", runs)
	}
}

func TestPlansThatCannotBeMeantAreRefused(t *testing.T) {
	if _, err := FindArm("gradient", 5, 10); err == nil || !strings.Contains(err.Error(), `arm "gradient", want one of A, B, C, D, R, P, single, batches, memory`) {
		t.Errorf("unknown arm: error %v", err)
	}
	dir := t.TempDir()
	plan := small(t, 1, 1, []string{"rut"}, "A", "random")
	made(t, dir, plan, parts(1))
	plan.Setting.Trials = 10
	if _, err := Make(context.Background(), dir, plan, parts(1)); err == nil || !strings.Contains(err.Error(), "another plan") {
		t.Errorf("another plan in the same folder: error %v", err)
	}
	if _, err := Make(context.Background(), t.TempDir(), small(t, 1, 1, []string{"rut"}, "A", "A"), parts(1)); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("an arm twice: error %v", err)
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "bilevel ablate --dir") {
		t.Errorf("read an empty folder: error %v", err)
	}
}
