package simulated_test

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
)

func TestHostileMisbehavesInAnotherWayEachCycle(t *testing.T) {
	m, f := newModel(t, "hostile"), lived(t, 1, 10)
	seen := map[string]bool{}
	for f.Cycle = 1; f.Cycle <= 14; f.Cycle++ {
		source, ok := model.Source(ask(t, m, "generate", f))
		if !ok {
			t.Fatalf("cycle %d: no source", f.Cycle)
		}
		if seen[source] {
			t.Errorf("cycle %d repeats a misdeed", f.Cycle)
		}
		seen[source] = true
	}
}

func TestEveryMisdeedButNonsenseIsGo(t *testing.T) {
	f := lived(t, 1, 10)
	for kind, want := range map[string]string{
		"late-panic": "len(v.Space.Params)+len(v.Trials)", "mend": "undeclared.Step()", "late-garbage": "Point[:1]", "late-slow": "1<<62",
		"late-alloc": "hoard", "import-os": "os.Getenv", "exit": "os.Exit(3)", "loop": "for {", "panic": "len(v.Space.Params)+len(v.Trials)",
		"slow": "1<<62", "alloc": "hoard", "inert": "return v.Ask(ctx, mechanisms.Hint{})", "state": "m.Seen += 100",
	} {
		m := newModel(t, "hostile:"+kind)
		source, _ := model.Source(ask(t, m, "generate", f))
		if _, err := parser.ParseFile(token.NewFileSet(), kind, source, 0); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, source)
		}
		if !strings.Contains(source, want) {
			t.Errorf("%s lacks %q:\n%s", kind, want, source)
		}
		if strings.HasPrefix(kind, "late-") != strings.Contains(source, `len(v.Trials) > 12 && v.Trials[0].BPB == `) {
			t.Errorf("%s: a late misdeed waits for trials after those it was shown, and no other does:\n%s", kind, source)
		}
	}
	m := newModel(t, "hostile:nonsense")
	source, _ := model.Source(ask(t, m, "generate", f))
	if _, err := parser.ParseFile(token.NewFileSet(), "nonsense", source, 0); err == nil {
		t.Error("nonsense parses")
	}
}

func TestMendIsMendedOnRepair(t *testing.T) {
	m, f := newModel(t, "hostile:mend"), lived(t, 1, 10)
	f.Findings = "typecheck: undefined: undeclared"
	if source, _ := model.Source(ask(t, m, "repair", f)); strings.Contains(source, "undeclared") {
		t.Errorf("the repair still has the mistake:\n%s", source)
	}
}

func TestHostileIsAProfileAndItsMisdeedsAreChecked(t *testing.T) {
	if !slices.ContainsFunc(simulated.Profiles(), func(p simulated.Profile) bool { return p.Name == "hostile" && p.Hostile }) {
		t.Error("hostile is not among the profiles")
	}
	if _, err := simulated.New("hostile:theft"); err == nil || !strings.Contains(err.Error(), "late-panic") {
		t.Errorf("got %v, want the list of misdeeds", err)
	}
}
