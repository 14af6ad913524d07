package ablate

import (
	"slices"
	"strings"
	"testing"
)

// Where a language model answered, what the arms took of it stands in the table, and that they did not take the same is said.
func TestWhatAModelWasAskedIsTold(t *testing.T) {
	asked := ablation{tasks: 8, seeds: 1, profiles: []string{""}, noise: 0.1, effects: map[string]float64{"C": -0.2, "P": 0}}
	r := asked.analysed(t, func(r *Result) {
		r.Setting.Simulated, r.Setting.Model, r.Asked = false, "some-model", &Asked{Answers: 4000, TokensIn: 9e6, TokensOut: 1e6, CostUSD: 3.25}
		for i := range r.Runs {
			switch run := &r.Runs[i]; run.Arm {
			case "A", "P":
				run.Asked = &Asked{Answers: 30, TokensIn: 60000, TokensOut: 2000}
			case "C":
				run.Asked = &Asked{Answers: 44, TokensIn: 180000, TokensOut: 20000}
			}
		}
	})
	var table strings.Builder
	if err := WriteTable(&table, r); err != nil {
		t.Fatal(err)
	}
	told := strings.Join(strings.Fields(table.String()), " ")
	for _, want := range []string{
		"which its endpoint calls some-model: 4000 answers, 9000000 tokens in and 1000000 out, 3.25 US dollars.",
		"One language model, which its endpoint calls some-model, answered:", "in tokens a run, A 62000, C 200000.", "44 200000",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the table does not say %q:\n%s", want, table.String())
		}
	}
	if strings.Contains(told, "imulated") {
		t.Errorf("a simulated model is spoken of where none took part:\n%s", table.String())
	}
}

// A run that trained kept what was measured lowest, which was in part luck: what it tells of itself stands beside what new seeds find.
func TestLuckIsTold(t *testing.T) {
	trained := ablation{tasks: 8, seeds: 1, profiles: []string{""}, noise: 0.1, effects: map[string]float64{"C": -0.2, "P": 0}}
	r := trained.analysed(t, func(r *Result) {
		for i := range r.Tasks {
			r.Tasks[i].Real = true
		}
		for i := range r.Runs {
			run := &r.Runs[i]
			run.Default, run.Final, run.Told = 2, 1.75, -0.3
			if run.Arm == "C" {
				run.Told = -0.2
			}
		}
	})
	want := "in bits per byte: A 0.2500 for 0.3000."
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasSuffix(w, want) }) {
		t.Errorf("warnings %q, want one that ends %q", r.Warnings, want)
	}
}
