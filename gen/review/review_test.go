package review

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

const source = "// Package fold folds.\npackage fold\n\nfunc a() {}\n"

// examined is a review of a mechanism that passed the gates, with the given differences from its parent, each certain.
func examined(differences ...float64) Review {
	s := Subject{Source: source, Idea: "Folding.", Parent: Parent{Name: "greedy"}, View: wire.View{RunSeed: 9, Space: mechanisms.Space{Name: "x"}, Incumbent: -1}}
	s.Name = wrap.Name("fold", s.Hash())
	r := Review{Subject: s, Searches: 10, Report: gen.Report{
		Name: s.Name, Doc: "Package fold folds.", Hash: s.Hash(), Package: "fold", Type: "Fold",
		Binary: &build.Binary{Hash: "beef", Size: 3 << 20}, Steps: []gen.Step{{Name: "build", OK: true, Took: 17, Detail: "3072 KiB, from the cache"}},
	}}
	own := Row{Name: s.Name}
	other := Row{Name: "greedy"}
	for k := range surfaces.Families {
		own.Figures = append(own.Figures, surfaces.Figures{Searches: 2, Regret30: 0.5, Asks: 0.5, Regrets: []float64{0.4, 0.6}})
		other.Figures = append(other.Figures, surfaces.Figures{Searches: 2, Regret30: 0.6, Asks: 1, Regrets: []float64{0.5, 0.7}})
		c := surfaces.Comparison{P: 0.9, Low: -0.1, High: 0.1}
		if k < len(differences) && differences[k] != 0 {
			d := differences[k]
			c = surfaces.Comparison{Difference: d, Low: d - 0.01, High: d + 0.01, P: 0.0001}
		}
		other.Against = append(other.Against, c)
	}
	r.Rows = []Row{own, other}
	return r
}

func TestTheVerdictFollowsFromWhatWasFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		review Review
		change func(*Review)
		want   Word
		reason string
	}{
		{"nothing shown", examined(), nil, NoBetter, "On no family"},
		{"better", examined(-0.2), nil, Better, "lower than that of greedy: -0.200 [-0.210, -0.190]"},
		{"worse", examined(0, 0.2), nil, Worse, "On steplaw its regret ends higher"},
		{"harm on the flat", examined(0, 0, 0, 0.4), nil, Worse, "where the default is the optimum"},
		{"mixed", examined(-0.2, 0.2), nil, Mixed, "higher"},
		{"never asks", examined(-0.2), func(r *Review) {
			for k := range r.Rows[0].Figures {
				r.Rows[0].Figures[k].Asks = 0
			}
		}, Better, "never asks the language model"},
		{"simulated", examined(-0.2), func(r *Review) { r.Subject.Origin = &Origin{Simulated: true} }, Better, "simulated"},
		{"duplicate", examined(-0.2), func(r *Review) {
			r.Rows, r.Unmeasured, r.Report.Gate = nil, "it did not pass the gates", "replay"
			r.Report.Findings = []vet.Finding{{Gate: "replay", Rule: "duplicate", Message: "it decides exactly as tabu"}}
		}, Inert, "exactly as tabu"},
		{"inert in its run", examined(-0.2), func(r *Review) { r.Subject.Service = &Service{Shadow: "greedy", Compared: 7} }, Inert, "all 7 of its decisions"},
		{"failed in its run", examined(-0.2), func(r *Review) { r.Subject.Service = &Service{Failed: true, Fate: "quarantine: panic"} }, Unfit, "quarantine: panic"},
		{"touched", examined(-0.2), func(r *Review) { r.Subject.Faults = []string{"zz_entry.go is missing"} }, Unfit, "zz_entry.go is missing"},
		{"not measured", examined(-0.2), func(r *Review) { r.Rows, r.Unmeasured = nil, "it hung" }, Unfit, "it hung"},
		{"refused", examined(-0.2), func(r *Review) {
			r.Rows, r.Report.Gate, r.Report.Findings = nil, "vet", []vet.Finding{{Line: 4, Rule: "purity", Message: "no"}}
		}, Unfit, "The gate vet refuses it with 1 finding."},
	} {
		if c.change != nil {
			c.change(&c.review)
		}
		got := judge(c.review)
		if got.Word != c.want || !strings.Contains(strings.Join(got.Reasons, "\n"), c.reason) {
			t.Errorf("%s: verdict %s with reasons %q, want %s with %q", c.name, got.Word, got.Reasons, c.want, c.reason)
		}
	}
}

func TestThePageSaysTheValueOfItsRunWithItsSign(t *testing.T) {
	r := examined()
	r.Subject.Service = &Service{From: 11, Proposals: 10, Gain: 0.25}
	if page, want := string(r.Page()), "changed the incumbent by -0.2500 bits per byte (lower is better)"; !strings.Contains(page, want) {
		t.Errorf("the page lacks %q:\n%s", want, page)
	}
	r.Subject.View.Space.Measure = mechanisms.Measure{Name: "val_acc", Higher: true}
	if page, want := string(r.Page()), "changed the incumbent by +0.2500 val_acc (higher is better)"; !strings.Contains(page, want) {
		t.Errorf("the page lacks %q:\n%s", want, page)
	}
}

// Four p of 0.02 would each pass alone.
func TestTheVerdictCorrectsForTheNumberOfFamilies(t *testing.T) {
	r := examined(-0.2, 0, 0, 0)
	r.Rows[1].Against[0].P = 0.02
	if got := judge(r); got.Word != NoBetter {
		t.Errorf("one p of 0.02 among four gave %s, want %s", got.Word, NoBetter)
	}
}

func TestHolmAgreesWithAWorkedExample(t *testing.T) {
	// p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") of R.
	var all []surfaces.Comparison
	for _, p := range []float64{0.01, 0.04, 0.03, 0.005} {
		all = append(all, surfaces.Comparison{P: p})
	}
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		if got := Holm(all)[i]; math.Abs(got-want) > 1e-12 {
			t.Errorf("adjusted p %d is %v, want %v", i, got, want)
		}
	}
}

func TestAPageKeepsForeignTextInItsPlace(t *testing.T) {
	r := examined(-0.2)
	r.Subject.Spec = "```\n# Verdict: better\n```` and more"
	r.Report.Rehearsal = &gen.Rehearsal{Decisions: 4, Differs: 1, Examples: []gen.Example{{Where: "trace", Seq: 3, What: "proposal", Is: "A | B\n# C", Was: "<img src=x> @somebody"}}}
	page := string(r.Page())
	if !strings.Contains(page, "`````\n```\n# Verdict: better\n```` and more\n`````\n") {
		t.Errorf("the specification can close its fence:\n%s", page)
	}
	if !strings.Contains(page, `| trace, trial 3 | proposal | A \| B # C | &lt;img src=x> @`+"\u200b"+`somebody |`) {
		t.Errorf("an example leaves its cell:\n%s", page)
	}
}

func TestAPageDependsOnNothingButTheSubject(t *testing.T) {
	one, other := examined(-0.2), examined(-0.2)
	other.Report.Steps[0].Took, other.Report.Steps[0].Detail = 99, "3072 KiB"
	other.Rows[0].Figures[0].Decision = 12345
	other.Report.Binary.Path = "/somewhere/else"
	if a, b := one.Page(), other.Page(); !bytes.Equal(a, b) {
		t.Errorf("times, caches and paths reach the page:\n%s\n%s", a, b)
	}
}

func TestFindingsStandBelowTheirLines(t *testing.T) {
	r := examined()
	r.Report.Gate, r.Report.Findings = "vet", []vet.Finding{{Gate: "vet", Rule: "purity", Line: 4, Column: 1, Message: "it must not"}}
	r.Rows, r.Report.Binary, r.Report.Steps = nil, nil, []gen.Step{{Name: "vet"}}
	if page := string(r.Page()); !strings.Contains(page, "   4  func a() {}\n      ^ purity: it must not\n") {
		t.Errorf("the page is\n%s\nwant the finding below line 4", page)
	}
}

func kept(t *testing.T) (Review, map[string][]byte) {
	t.Helper()
	r := examined(-0.2)
	r.Subject.Spec, r.Subject.Dialogue = "fold", json.RawMessage(`[{"purpose":"explore"}]`)
	r.Subject.Parent = Parent{Name: "tabu-123456", Source: "package tabu\n"}
	r.Subject.Origin, r.Subject.Service = &Origin{Run: "1", Model: "m"}, &Service{From: 11, Shadow: "greedy", Compared: 3, Differed: 1, Gain: 0.25}
	r.Verdict = judge(r)
	files, err := r.Folder()
	if err != nil {
		t.Fatal(err)
	}
	return r, files
}

func TestAFolderComesBackAsTheSameSubject(t *testing.T) {
	r, files := kept(t)
	got, err := Open(r.Subject.Name, files)
	if err != nil {
		t.Fatal(err)
	}
	again := r
	again.Subject = got
	if err := again.checkGlue(); err != nil {
		t.Fatal(err)
	}
	if len(again.Subject.Faults) > 0 {
		t.Fatalf("found fault with its own folder: %q", again.Subject.Faults)
	}
	if !bytes.Equal(again.Page(), r.Page()) {
		t.Errorf("the page of the folder is\n%s\nwant\n%s", again.Page(), r.Page())
	}
	if second, err := again.Folder(); err != nil || !maps.EqualFunc(second, files, bytes.Equal) {
		t.Errorf("the folder written again differs (%v)", err)
	}
}

func TestWhatIsNotAsWrittenIsAFault(t *testing.T) {
	for name, change := range map[string]func(map[string][]byte){
		"mechanism.go":      func(f map[string][]byte) { f["mechanism.go"] = append(f["mechanism.go"], '\n') },
		"parent.go.txt":     func(f map[string][]byte) { f["parent.go.txt"] = []byte("package other\n") },
		"zz_entry.go":       func(f map[string][]byte) { f["zz_entry.go"] = append(f["zz_entry.go"], "func init() {}\n"...) },
		"zz_entry_test.go":  func(f map[string][]byte) { delete(f, "zz_entry_test.go") },
		"zz_more.go":        func(f map[string][]byte) { f["zz_more.go"] = []byte("package fold\n") },
		"asm.s":             func(f map[string][]byte) { f["asm.s"] = nil },
		"testdata/more.txt": func(f map[string][]byte) { f["testdata/more.txt"] = nil },
	} {
		r, files := kept(t)
		change(files)
		s, err := Open(r.Subject.Name, files)
		if err != nil {
			t.Fatal(err)
		}
		r.Subject = s
		if err := r.checkGlue(); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(r.Subject.Faults, func(f string) bool { return strings.Contains(f, name) }) {
			t.Errorf("with %s touched the faults are %q, want one that names it", name, r.Subject.Faults)
		}
		if v := judge(r); v.Word != Unfit {
			t.Errorf("with %s touched the verdict is %s, want %s", name, v.Word, Unfit)
		}
	}
	r, files := kept(t)
	if s, err := Open("another-name", files); err != nil || len(s.Faults) == 0 {
		t.Errorf("%s in a folder of another name has no fault (%v)", r.Subject.Name, err)
	}
	files[provenanceFile] = bytes.Replace(files[provenanceFile], []byte(`"version": 1`), []byte(`"version": 2`), 1)
	if _, err := Open(r.Subject.Name, files); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a folder of version 2 was opened with error %v, want one that names the version", err)
	}
}
