package ablate

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func TestPublishedRecordsGiveThePrintedTableButForWhatIsSaid(t *testing.T) {
	// The improvements that the reports themselves state, from the same files.
	stated := map[string][3]float64{
		"A": {0.008534, 0.008325, 0.010760}, "B": {0.000222, 0.010382, 0.009191}, "C": {0.065448, 0.010920, 0.057991}, "D": {0.000980, 0.062643, 0.039216},
	}
	for _, g := range publishedTable {
		for i, d := range g.changes() {
			if off := d + stated[g.name][i]; off > 1e-9 || off < -1e-9 {
				t.Errorf("run %s%d: change %.6f, its report states %.6f", g.name, i+1, d, -stated[g.name][i])
			}
		}
	}
	said := strings.Join(differencesFromRecords(), "\n")
	for _, want := range []string{"A is printed as -0.009 ± 0.002; its records give -0.0092 ± 0.0013", "B is printed as -0.006 ± 0.006; its records give -0.0066 ± 0.0056", "the records give 4.9 and 6.8"} {
		if !strings.Contains(said, want) {
			t.Errorf("differences\n%s\nlack %q", said, want)
		}
	}
	if strings.Contains(said, "C is printed") || strings.Contains(said, "D is printed") {
		t.Errorf("C and D are printed as their records give them, but it says\n%s", said)
	}
	if extreme, all := stats.Exchange(publishedTable[2].changes(), publishedTable[0].changes()); extreme != 2 || all != 20 {
		t.Errorf("C against A: %d of %d arrangements, want 2 of 20", extreme, all)
	}
}

func TestThePapersProtocol(t *testing.T) {
	p, err := PaperPlan(PaperTask("gptsim", surfaceTask("gptsim", 0).Spec), Setting{Fresh: 8, Model: "simulated", Simulated: true, Program: "test"}, []string{"rut"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Setting.Trials != 30 || p.Setting.SteerEvery != 5 || p.Setting.InventEvery != 10 || len(p.Seeds) != 3 || len(p.Arms) != 6 {
		t.Errorf("plan %+v is not the paper's", p)
	}
	f, err := openFormula(t.Context(), p.Tasks[0].Spec)
	if err != nil || len(f.space.Params) != 13 {
		t.Errorf("%d parameters, %v, want 13", len(f.space.Params), err)
	}
	var kept []PlannedArm
	for _, a := range p.Arms {
		if a.Procedure.Invents == InventsNothing {
			kept = append(kept, a)
		}
	}
	p.Arms = kept
	r := made(t, t.TempDir(), p, parts(2))
	var out bytes.Buffer
	if err := WritePaper(&out, &r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"-0.0092 ± 0.0013", "SIMULATED model", "new seeds", "arXiv 2603.23420", "not there", "No published mechanism made a decision"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the paper's table lacks %q:\n%s", want, out.String())
		}
	}
	for _, run := range r.Runs {
		if run.Told > 0 || run.Told < -0.5 {
			t.Errorf("run of %s, seed %d, tells a change of %v", run.Arm, run.Seed, run.Told)
		}
	}
}

func TestTheTableTellsWhatTheResultHolds(t *testing.T) {
	r := whole.analysed(t, func(r *Result) {
		r.Placebo = &Placebo{Pairs: 192, Handovers: 384}
		r.Harm = []Harm{{Arm: "A", Profile: "rut", Mean: 1.5, Losses: []float64{1, 2}}}
	})
	var out bytes.Buffer
	if err := WriteTable(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"C - A *", "C - coordinate *", "R - A", "+1.50", "equals A in every bit on 192 units", "Claim: \"Level 2 produces mechanisms that help\"", "What the data cannot support", r.Contrasts[0].Words[:40]} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 150 {
			t.Errorf("line of %d characters: %s", n, line)
		}
	}
}

// A value to be maximised is BPB with its sign turned: people are shown it as it was measured.
func TestTablesNameTheTasksOwnValueWithItsSign(t *testing.T) {
	r := &Result{
		Tasks: []Task{{Name: "mine", Measure: mechanisms.Measure{Name: "val_acc", Higher: true}}}, Arms: []Arm{{Name: "A"}}, Profiles: []string{""},
		Runs: []Run{{Arm: "A", Task: "mine", Default: -0.8, Final: -0.9, Told: -0.125}}, Summaries: []Summary{{Arm: "A", Runs: 1, Gain: 0.1}},
	}
	for name, c := range map[string]struct {
		write func(io.Writer, *Result) error
		want  []string
	}{
		"table": {WriteTable, []string{"val_acc", "+0.1000", "less default, positive is"}},
		"paper": {WritePaper, []string{"Ours is of val_acc, where a positive change is better", " 0.1250", " 0.1000"}},
	} {
		var out bytes.Buffer
		if err := c.write(&out, r); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the %s lacks %q:\n%s", name, want, out.String())
			}
		}
	}
	r.Tasks = append(r.Tasks, Task{Name: "other"})
	if m := r.Measure(); m != (mechanisms.Measure{}) {
		t.Errorf("two tasks with different values are called %s", m)
	}
}
