package simulated_test

import (
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/propose"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// lived is a run of n trials of the rut profile, before cycle n/10.
func lived(t testing.TB, seed uint64, n int) model.Facts {
	t.Helper()
	v, m := view(gptSpace(), seed), newModel(t, "rut")
	for len(v.Trials) <= n {
		p, err := propose.Ask(context.Background(), m, propose.Input{View: v, Seq: len(v.Trials)})
		if err != nil {
			p.Point = v.Trials[v.Incumbent].Point
		}
		add(&v, p.Point, mechanisms.Complete)
	}
	f := model.FactsOf(v, n+1)
	f.Cycle, f.Mechanism = max(1, n/10), "greedy"
	return f
}

func ask(t testing.TB, m model.Model, purpose string, f model.Facts) string {
	t.Helper()
	r, err := m.Chat(context.Background(), model.Request{Level: model.Level2, Purpose: purpose, Facts: f.JSON()})
	if err != nil {
		t.Fatal(err)
	}
	return r.Text
}

func decode(t testing.TB, text, schema string, target any) {
	t.Helper()
	if err := model.Decode(text, &model.Schema{Name: schema, JSON: templates.Schema(schema)}, target); err != nil {
		t.Fatalf("%s: %v\n%s", schema, err, text)
	}
}

// dialogue goes through the four rounds and returns the choice and the source.
func dialogue(t testing.TB, m model.Model, f model.Facts) (choice, source string) {
	t.Helper()
	var e templates.Exploration
	var v templates.Verdict
	var s templates.Spec
	decode(t, ask(t, m, "explore", f), "exploration", &e)
	f.Critique = ask(t, m, "critique", f)
	decode(t, f.Critique, "verdict", &v)
	if v.Choice == templates.None {
		return v.Choice, ""
	}
	if !strings.Contains(fmt.Sprint(e.Ideas), v.Choice) {
		t.Errorf("the critique chose %q, which the exploration did not name: %v", v.Choice, e.Ideas)
	}
	f.Spec = ask(t, m, "specify", f)
	decode(t, f.Spec, "spec", &s)
	source, ok := model.Source(ask(t, m, "generate", f))
	if !ok {
		t.Fatalf("no source after the choice of %s", v.Choice)
	}
	return v.Choice, source
}

func TestCyclesTryOneFamilyAfterAnotherAndThenNone(t *testing.T) {
	m, f := newModel(t, "rut"), lived(t, 1, 20)
	chosen := map[string]bool{}
	for cycle := 1; ; cycle++ {
		f.Cycle = cycle
		choice, source := dialogue(t, m, f)
		if choice == templates.None {
			break
		}
		if chosen[choice] {
			t.Fatalf("cycle %d repeats the family %s", cycle, choice)
		}
		chosen[choice] = true
		if b, err := format.Source([]byte(source)); err != nil || string(b) != source {
			t.Errorf("the source of %s is not formatted: %v", choice, err)
		}
		f.Tried = append(f.Tried, model.Tried{Name: choice + "-0a1b2c", Outcome: "retired"})
	}
	if len(chosen) < 5 {
		t.Errorf("%d families, want at least 5: %v", len(chosen), chosen)
	}
}

func TestSourcesDifferBetweenRunsAndAgreeWithinOne(t *testing.T) {
	m, seen := newModel(t, "rut"), map[string]bool{}
	for seed := range uint64(6) {
		f := lived(t, seed, 10)
		_, a := dialogue(t, m, f)
		if _, b := dialogue(t, m, f); a != b {
			t.Errorf("seed %d: the same cycle asked twice gave two sources", seed)
		}
		seen[a] = true
	}
	if len(seen) < 5 {
		t.Errorf("6 runs gave %d different sources, want at least 5", len(seen))
	}
}

func TestRepairKeepsTheFamily(t *testing.T) {
	m, f := newModel(t, "rut"), lived(t, 2, 10)
	choice, source := dialogue(t, m, f)
	f.Spec, f.Source, f.Findings = fmt.Sprintf(`{"name": %q}`, choice), source, "conform: asks: Propose asked the model 9 times"
	mended, ok := model.Source(ask(t, m, "repair", f))
	if !ok || packageOf(mended) != packageOf(source) {
		t.Errorf("repair of %s gave package %s, want %s", choice, packageOf(mended), packageOf(source))
	}
	if mended == source {
		t.Error("the repair is the refused source")
	}
}

func packageOf(source string) string {
	return regexp.MustCompile(`(?m)^package (\w+)$`).FindString(source)
}

// barren is a run in which nothing was ever measured but the baseline.
func barren(seed uint64) model.Facts {
	v := view(gptSpace(), seed)
	for k := range 10 {
		add(&v, v.Trials[0].Point.With(7, 0.05+0.01*float64(k)), mechanisms.Diverged)
	}
	f := model.FactsOf(v, 11)
	f.Cycle, f.Mechanism = 1, "greedy"
	return f
}

// variants writes every family several times, through the model's own answers, from traces of different kinds.
func variants(t *testing.T, each int) map[string]string {
	t.Helper()
	m, out := newModel(t, "rut"), map[string]string{}
	var occasions []model.Facts
	for k := range each {
		f := lived(t, uint64(k), 10+10*k)
		if k%3 == 2 {
			f = barren(uint64(k))
		}
		occasions = append(occasions, f)
	}
	for _, name := range []string{"fold-back", "move-tabu", "gain-bandit", "log-line", "space-fill", "near-screen", "join-misses"} {
		for k := range each {
			f := occasions[k]
			f.Spec = fmt.Sprintf(`{"name": %q}`, name)
			source, ok := model.Source(ask(t, m, "generate", f))
			if !ok {
				t.Fatalf("%s: no source", name)
			}
			out[fmt.Sprintf("%s%d", strings.ReplaceAll(name, "-", ""), k)] = source
		}
	}
	return out
}

// TestEveryFamilyConformsAndDecides compiles several programs of every family into one binary, which examines them.
func TestEveryFamilyConformsAndDecides(t *testing.T) {
	sources := variants(t, 3)
	dir, overlay := t.TempDir(), map[string]string{}
	base, err := filepath.Abs("testdata/conform/written")
	if err != nil {
		t.Fatal(err)
	}
	put := func(path, text string) {
		file := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(base, path)] = file
	}
	var imports, entries strings.Builder
	const module = "github.com/seed161a02ea/bilevel/"
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		put(name+"/"+name+".go", sources[name])
		fmt.Fprintf(&imports, "%s %q\n", name, module+"harness/model/simulated/testdata/conform/written/"+name)
		fmt.Fprintf(&entries, "{Name: %q, Doc: %q, New: func() mechanisms.Mechanism { return %s.New() }},\n", name, name, name)
	}
	put("all.go", fmt.Sprintf("package written\nimport (\n%q\n%s)\nvar All = []mechanisms.Entry{\n%s}\n", module+"mechanisms", imports.String(), entries.String()))
	b, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "./testdata/conform")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("build and run the examination: %v\n%s", err, stderr.String())
	}
	var verdicts []struct {
		Name                    string
		Findings                []struct{ Check, Message string }
		Differs, Of, Unanswered int
		Error                   string
	}
	if err := json.Unmarshal(out, &verdicts); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(verdicts) != len(sources) {
		t.Fatalf("%d verdicts for %d sources", len(verdicts), len(sources))
	}
	for _, v := range verdicts {
		for _, f := range v.Findings {
			t.Errorf("%s: %s: %s", v.Name, f.Check, f.Message)
		}
		if v.Error != "" {
			t.Errorf("%s: %s", v.Name, v.Error)
		}
		if v.Unanswered > 3 {
			t.Errorf("%s: %d of 60 questions had no usable answer", v.Name, v.Unanswered)
		}
		if v.Differs == 0 {
			t.Errorf("%s decided as greedy in all of %d proposals", v.Name, v.Of)
		}
		t.Logf("%-14s differs from greedy in %d of %d proposals", v.Name, v.Differs, v.Of)
	}
}
