package ablate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// An ablation is made up: every arm's regret is that of A on the unit plus an effect and some noise of its own.
type ablation struct {
	tasks, seeds int
	heldOut      int // of the tasks, the last ones
	profiles     []string
	effects      map[string]float64 // by arm; A is there always
	noise        float64
}

func (m ablation) result() *Result {
	r := &Result{Setting: Setting{Trials: 30, Simulated: true}, Profiles: m.profiles}
	r.Arms = []Arm{{Name: "A", Kind: KindGroup}}
	for _, name := range []string{"B", "C", "D", "R", "P", "coordinate", "move-tabu-ea860a"} {
		if _, ok := m.effects[name]; ok {
			kind := map[string]string{"R": KindControl, "P": KindControl, "coordinate": KindYardstick, "move-tabu-ea860a": KindMechanism}[name]
			if kind == "" {
				kind = KindGroup
			}
			r.Arms = append(r.Arms, Arm{Name: name, Kind: kind})
		}
	}
	for i := range m.tasks {
		r.Tasks = append(r.Tasks, Task{Name: fmt.Sprintf("task-%02d", i), Family: fmt.Sprintf("family-%d", i%4), HeldOut: i >= m.tasks-m.heldOut})
	}
	draw := rand.New(rand.NewPCG(1, 2))
	for _, profile := range m.profiles {
		for seed := range m.seeds {
			for _, task := range r.Tasks {
				base := 0.5 + 0.2*draw.NormFloat64()
				for _, a := range r.Arms {
					run := Run{Arm: a.Name, Task: task.Name, Seed: uint64(seed), Profile: profile, Default: 2, Trials: 30, Regret: base}
					if a.Name != "A" && a.Name != "P" {
						run.Regret += m.effects[a.Name] + m.noise*draw.NormFloat64()
						run.Diverged = 5
					}
					if a.Name == "C" {
						run.Handovers = []Handover{{Seq: 11, Mechanism: fmt.Sprintf("idea-%d", seed)}}
						run.Decisions, run.Differed = 20, 7
					}
					run.Final = 2 - 0.1*(1-run.Regret)
					run.Success = run.Regret <= 0.5
					run.Curve = []float64{1, run.Regret}
					r.Runs = append(r.Runs, run)
				}
			}
		}
	}
	r.Planned = len(r.Runs)
	return r
}

// analysed makes a result and analyses it.
func (m ablation) analysed(t *testing.T, change func(*Result)) *Result {
	t.Helper()
	r := m.result()
	if change != nil {
		change(r)
	}
	if err := Analyse(r); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("the result cannot be written: %v", err)
	}
	return r
}

func find(t *testing.T, r *Result, first, second string, heldOut bool) Contrast {
	t.Helper()
	for _, c := range r.Contrasts {
		if c.First == first && c.Second == second && c.HeldOut == heldOut {
			return c
		}
	}
	t.Fatalf("there is no contrast of %s and %s", first, second)
	return Contrast{}
}

func starts(t *testing.T, words, want string) {
	t.Helper()
	if !strings.HasPrefix(words, want) {
		t.Errorf("words %q, want them to begin %q", words, want)
	}
}

var whole = ablation{tasks: 24, seeds: 2, profiles: []string{"rut", "micro"}, noise: 0.1,
	effects: map[string]float64{"B": 0, "C": -0.2, "R": 0, "P": 0, "coordinate": 0.1}}

func TestContrastsOfAMadeUpAblation(t *testing.T) {
	r := whole.analysed(t, nil)
	for i, want := range []string{"C A rut", "C R rut", "C coordinate rut", "C A micro", "C R micro", "C coordinate micro"} {
		c := r.Contrasts[i]
		if got := c.First + " " + c.Second + " " + c.Profile; got != want || !c.Named {
			t.Errorf("contrast %d is %s, named %v; want %s, true", i, got, c.Named, want)
		}
	}
	c := find(t, r, "C", "A", false)
	if c.Pairs != 48 || c.Tasks != 24 || !c.Exact || len(c.Pairing) != 48 || c.Holm < c.P {
		t.Errorf("%d pairs on %d tasks, exact %v, p %v, corrected %v", c.Pairs, c.Tasks, c.Exact, c.P, c.Holm)
	}
	if c.Low > -0.2 || c.High < -0.2 || c.High-c.Low > 0.1 || c.Better < 0.9 || c.DZ > -1 {
		t.Errorf("interval %v to %v around -0.2, better %v, d_z %v", c.Low, c.High, c.Better, c.DZ)
	}
	starts(t, c.Words, "Shown: C ended 0.")
	starts(t, find(t, r, "coordinate", "A", false).Words, "Suggested to be worse: coordinate ended 0.")
	starts(t, find(t, r, "P", "A", false).Words, "P and A ended with the same regret on 48 units of 24 tasks")
	if w := find(t, r, "R", "A", false).Words; !strings.HasPrefix(w, "As good as equal:") && !strings.HasPrefix(w, "Not shown to differ:") {
		t.Errorf("words of an arm without an effect: %q", w)
	}
	for _, c := range r.Contrasts {
		if strings.Contains(strings.ToLower(c.Words), "no difference") {
			t.Errorf("%q claims what no data can show", c.Words)
		}
	}
}

// A small p beside an interval that holds 0 is no finding: it comes of one steady family of two.
func TestAnIntervalThatHoldsZeroShowsNothing(t *testing.T) {
	r := whole.analysed(t, nil)
	w := &table{Result: r, profile: "rut"}
	c := find(t, r, "C", "A", false)
	if c.Holm > alpha {
		t.Fatalf("corrected p %v, want one below %v to begin with", c.Holm, alpha)
	}
	c.High = 0.01
	starts(t, w.words(c), "Not shown to differ: C ended 0.")
	c.Low, c.High = -0.3, -0.1
	starts(t, w.words(c), "Shown: C ended 0.")
}

func TestSummaryOfAnArm(t *testing.T) {
	r := whole.analysed(t, nil)
	if len(r.Summaries) != 2*6 {
		t.Fatalf("%d summaries, want one for each of 6 arms and 2 profiles", len(r.Summaries))
	}
	s := r.Summaries[2]
	if s.Arm != "C" || s.Runs != 48 || s.Influent != 0.35 || s.Low > s.IQM || s.High < s.IQM {
		t.Errorf("%+v: want C's, of 48 runs, with 7 of 20 decisions taken otherwise", s)
	}
	if got, want := s.Gain, 0.1*(1-s.Mean); got < want-1e-9 || got > want+1e-9 {
		t.Errorf("gain %v bits per byte, want %v", got, want)
	}
}

func TestThreeTasksShowNothing(t *testing.T) {
	few := ablation{tasks: 3, seeds: 1, profiles: []string{"rut"}, noise: 0.001, effects: map[string]float64{"C": -0.4, "B": 0}}
	r := few.analysed(t, nil)
	c := find(t, r, "C", "A", false)
	if c.P != 0.25 || c.Smallest != 0.25 {
		t.Errorf("p %v, smallest %v, want 0.25 both: three tasks can give no less", c.P, c.Smallest)
	}
	starts(t, c.Words, "Not shown: C ended 0.4")
	if !strings.Contains(c.Words, "could not have reached significance") {
		t.Errorf("words %q, want them to say that three tasks could not", c.Words)
	}
	var table strings.Builder
	if err := WriteTable(&table, r); err != nil {
		t.Fatal(err)
	}
	if c.Low != c.High || strings.Contains(table.String(), "interval") || strings.Contains(table.String(), "(-") {
		t.Errorf("an interval of three tasks, %v to %v, want none anywhere in\n%s", c.Low, c.High, table.String())
	}
	for _, want := range []string{"3 tasks: flipping", "One simulated profile (rut)", "A simulated model made", "All tasks are formulas", "One seed a task"} {
		if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, want) }) {
			t.Errorf("warnings %q, want one that begins %q", r.Warnings, want)
		}
	}
}

func TestRunsWithAnErrorAreLeftOutAndCounted(t *testing.T) {
	r := whole.analysed(t, func(r *Result) {
		for i := range r.Runs {
			if run := &r.Runs[i]; run.Arm == "C" && run.Profile == "rut" && run.Seed == 0 && run.Task <= "task-02" {
				*run = Run{Arm: run.Arm, Task: run.Task, Seed: run.Seed, Profile: run.Profile, Error: "panic"}
			}
		}
	})
	if c := find(t, r, "C", "A", false); c.Pairs != 45 || c.Tasks != 24 {
		t.Errorf("%d pairs on %d tasks, want 45 on 24", c.Pairs, c.Tasks)
	}
	if c := find(t, r, "B", "A", false); c.Pairs != 48 {
		t.Errorf("%d pairs of B and A, want all 48: none of theirs failed", c.Pairs)
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "3 runs had no result (of C)") }) {
		t.Errorf("warnings %q do not count the 3 runs of C that failed", r.Warnings)
	}
}

func TestSixTasksAreTooFewForThreeComparisons(t *testing.T) {
	for tasks, want := range map[int]bool{6: true, 7: false} {
		r := ablation{tasks: tasks, seeds: 2, profiles: []string{"rut"}, noise: 0.1, effects: whole.effects}.analysed(t, nil)
		if got := slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "0.094 corrected over the 3 named comparisons") }); got != want {
			t.Errorf("%d tasks: warnings %q", tasks, r.Warnings)
		}
	}
}

func TestTwoClaimsCountDifferentThings(t *testing.T) {
	m := whole
	m.heldOut, m.profiles = 8, []string{"rut"}
	m.effects = map[string]float64{"B": 0, "C": -0.2, "move-tabu-ea860a": -0.3}
	r := m.analysed(t, nil)
	if len(r.Claims) != 2 {
		t.Fatalf("%d claims, want 2", len(r.Claims))
	}
	helps, level2 := r.Claims[0], r.Claims[1]
	if helps.Text != "this mechanism helps on unseen tasks" || helps.Unit != "task" || helps.N != 8 || helps.P > 0.05 {
		t.Errorf("%+v: want 8 held-out tasks", helps)
	}
	if level2.Text != "Level 2 produces mechanisms that help" || level2.Unit != "independent Level 2 session" || level2.N != 16*2 || level2.P > 0.05 {
		t.Errorf("%+v: want the 32 sessions on tasks that are not held out", level2)
	}
	for _, want := range []string{"32 put a mechanism in charge", "2 different sources in all", "nothing about what a language model's level 2"} {
		if !strings.Contains(level2.Says, want) {
			t.Errorf("%q does not say %q", level2.Says, want)
		}
	}
	if len(r.Transfer) != 1 || !slices.Equal(r.Transfer[0].Arms, []string{"B", "C", "move-tabu-ea860a"}) || r.Transfer[0].Rho != 1 {
		t.Errorf("transfer %+v: want the three arms in the same order on both kinds of tasks", r.Transfer)
	}
	none := whole.analysed(t, nil).Claims[0]
	if none.N != 0 || none.P != 1 || !strings.HasPrefix(none.Says, "The data do not bear on it") {
		t.Errorf("without held-out tasks: %+v", none)
	}
}

func TestLooksEndAComparison(t *testing.T) {
	m := whole
	m.seeds, m.profiles = 2, []string{"rut"}
	r := m.analysed(t, func(r *Result) { r.Setting.Looks = LooksFor(48) })
	c := find(t, r, "C", "A", false)
	last := c.Looks[len(c.Looks)-1]
	if last.Outcome != "efficacy" || last.Z < last.Efficacy || last.Pairs >= 48 {
		t.Errorf("looks %+v, want an effect of two standard deviations to end them early", c.Looks)
	}
	if !strings.Contains(c.Words, "ends the comparison for efficacy") {
		t.Errorf("words %q do not tell how it ended", c.Words)
	}
	m.effects = map[string]float64{"C": 0.1, "R": 0}
	got, err := Looked(m.resultWithLooks(), "rut")
	if err != nil || len(got) != 2 {
		t.Fatalf("%d named comparisons, %v, want C with A and C with R", len(got), err)
	}
	if end := got[0].Looks[len(got[0].Looks)-1]; end.Outcome != "futility" {
		t.Errorf("looks at an arm that does worse: %+v, want futility", got[0].Looks)
	}
	if b, err := SequentialBounds(LooksFor(48), 3); err != nil || b.Effect() < 0.45 || b.Effect() > 0.55 {
		t.Errorf("effect of the bounds %v, %v; a comparison of 48 pairs with alpha 0.025/3 finds about half a standard deviation", b.Effect(), err)
	}
}

func TestWhatALookSaidStaysSaid(t *testing.T) {
	m := whole
	m.seeds, m.profiles = 2, []string{"rut"}
	looks := func(low float64) []Look { // of the best known of every other task
		r := m.resultWithLooks()
		for i := range r.Tasks {
			r.Tasks[i].Real = true
		}
		for i := range r.Runs {
			if run := &r.Runs[i]; run.Task[len(run.Task)-1]%2 == 0 {
				run.Regret = (run.Final - low) / (run.Default - low)
			}
		}
		if err := Analyse(r); err != nil {
			t.Fatal(err)
		}
		return find(t, r, "C", "A", false).Looks
	}
	before, after := looks(1.9), looks(1.5)
	if !slices.Equal(before, after) || len(before) == 0 {
		t.Errorf("looks %+v became %+v when the best known fell", before, after)
	}
}

func TestAShortComparisonIsLookedAtOnce(t *testing.T) {
	if got := LooksFor(5); !slices.Equal(got, []int{5}) {
		t.Errorf("looks of 5 units: %v, want one at the end", got)
	}
	if got := LooksFor(96); !slices.Equal(got, []int{8, 16, 24, 32, 48, 96}) {
		t.Errorf("looks of 96 units: %v", got)
	}
	r := ablation{tasks: 5, seeds: 1, profiles: []string{"rut"}, noise: 0.1, effects: map[string]float64{"C": -0.5}}.resultWithLooks()
	if err := Analyse(r); err != nil {
		t.Fatal(err)
	}
	c := find(t, r, "C", "A", false)
	if len(c.Looks) != 1 || c.Looks[0].Outcome != "end" {
		t.Errorf("looks %+v, want one that shows nothing: five tasks cannot reach the bound", c.Looks)
	}
}

func (m ablation) resultWithLooks() *Result {
	r := m.result()
	r.Setting.Looks = LooksFor(m.tasks * m.seeds)
	return r
}

func TestAnalysisDependsOnTheRunsAlone(t *testing.T) {
	first, second := whole.analysed(t, nil), whole.analysed(t, nil)
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(second)
	if string(a) != string(b) {
		t.Error("the same runs gave another result")
	}
	empty := &Result{Profiles: []string{""}}
	if err := Analyse(empty); err != nil || len(empty.Contrasts) != 0 || len(empty.Claims) != 2 {
		t.Errorf("of nothing: %+v, %v", empty, err)
	}
}

func TestWarningsNameWhatIsWrong(t *testing.T) {
	r := whole.analysed(t, func(r *Result) {
		r.Placebo = &Placebo{Pairs: 192, Unequal: []string{"task-00"}}
		r.Planned += 5
		for i := range r.Runs {
			run := &r.Runs[i]
			run.Memo, run.Failed = 12, 5
			if run.Arm == "B" {
				run.Diverged = 0
			}
			run.Differed = 0
		}
	})
	for _, want := range []string{"The placebo P differs from A on 1 of 192 units", "576 of 581 planned runs", "B took every decision as A did", "No mechanism made in C decided", "Trials that were known", "A tenth of the trials"} {
		if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, want) }) {
			t.Errorf("warnings %q, want one that begins %q", r.Warnings, want)
		}
	}
	if i := slices.IndexFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "in tokens a run") }); i >= 0 {
		t.Errorf("no model was paid, and it is warned: %s", r.Warnings[i])
	}
}
