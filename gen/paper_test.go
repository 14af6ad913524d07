package gen

import (
	"strings"
	"testing"
)

// The failure of the published reference: a class that nobody calls is pasted beside the runner, and what the unchanged
// search finds is credited to it. However such a class is dressed up, it does not come into charge.
func TestAClassThatNobodyCallsCannotBeActivated(t *testing.T) {
	const head = `// Package orphan screens proposals by a list of what was discarded.
package orphan

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// TabuList remembers what was discarded.
type TabuList struct {
	Points []mechanisms.Point ` + "`json:\"points\"`" + `
}

// Screen reports whether a point was discarded before.
func (l *TabuList) Screen(p mechanisms.Point) bool {
	for _, q := range l.Points {
		if q.Equal(p) {
			return true
		}
	}
	return false
}
`
	const runner = `
// Runner searches.
type Runner struct{ FIELDS }

// New returns a Runner.
func New() *Runner { return &Runner{} }

// Propose asks the model.
func (r *Runner) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	PROPOSE
}

// Accept keeps what is better.
func (r *Runner) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe learns.
func (r *Runner) Observe(t mechanisms.Trial) { OBSERVE }
`
	const free, learn = "return v.Ask(ctx, mechanisms.Hint{})", "if !t.Kept && len(r.List.Points) < 20 { r.List.Points = append(r.List.Points, t.Point.Clone()) }"
	source := func(fields, propose, observe string) string {
		return head + strings.NewReplacer("FIELDS", fields, "PROPOSE", propose, "OBSERVE", observe).Replace(runner)
	}
	for name, c := range map[string]struct{ source, gate string }{
		"there is nothing else":            {strings.Replace(head, "\t\"context\"\n\n", "", 1), "vet"},
		"nobody constructs it":             {source("", free, ""), "replay"},
		"it is a field that nobody reads":  {source("List TabuList", free, ""), "replay"},
		"it learns and nobody asks it":     {source("List TabuList", free, learn), "replay"},
		"its answer changes nothing":       {source("List TabuList", "p, err := v.Ask(ctx, mechanisms.Hint{})\n\tif err == nil && r.List.Screen(p.Point) {\n\t\treturn p, nil\n\t}\n\treturn p, err", learn), "replay"},
		"it is asked where it never rules": {source("List TabuList", "if len(v.Trials) > 1000 && r.List.Screen(v.Incumbent.Point) {\n\t\treturn v.Ask(ctx, mechanisms.Hint{Direction: 1})\n\t}\n\t"+free, learn), "replay"},
		"only what it says is its own":     {source("List TabuList", "p, err := v.Ask(ctx, mechanisms.Hint{})\n\tif err == nil && r.List.Screen(p.Point) {\n\t\tp.Why = \"tabu search approved of it\"\n\t}\n\treturn p, err", learn), "replay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := "```go\n" + c.source + "```"
			inv := invent(t, &script{replies: map[string][]string{
				"explore": {explored}, "critique": {`{"choice": "arms", "why": "y", "risks": []}`},
				"specify":  {`{"name": "arms", "idea": "Screen.", "state": [], "propose": "p", "accept": "a", "observe": "o", "differs": "d"}`},
				"generate": {reply}, "repair": {reply},
			}}, occasion(10))
			if inv.Outcome != Refused || inv.Path != "" || inv.Name != "" {
				t.Fatalf("outcome %s, mechanism %q at %q; want it refused with nothing to activate", inv.Outcome, inv.Name, inv.Path)
			}
			if len(inv.Refused) != 1 || inv.Refused[0].Gate != c.gate {
				t.Errorf("refused: %v, want at %s", inv.Refused, c.gate)
			}
			if c.gate == "replay" && !strings.Contains(inv.Refused[0].Reason(), "exactly as greedy") {
				t.Errorf("refused because %q, want it told that it decides exactly as greedy", inv.Refused[0].Reason())
			}
		})
	}
}
