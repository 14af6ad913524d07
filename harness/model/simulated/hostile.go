package simulated

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/templates"
)

// misdeeds are the ways in which the hostile profile's mechanisms misbehave, in the order of cycles. The late ones behave
// until some trials after they were put in charge, and know their own run by its baseline, so that the static gates,
// conformance and rehearsal have nothing to find and only the guards at run time are left.
var misdeeds = []string{
	"late-panic",   // panics in Propose
	"mend",         // does not compile at first, and is mended when told
	"late-garbage", // proposes a point of the wrong length
	"late-slow",    // a loop that ends after centuries
	"late-alloc",   // memory without end
	"import-os",    // reads the environment
	"exit",         // ends the process
	"nonsense",     // is not Go
	"loop",         // a loop without end, plain to see
	"panic",        // panics at once
	"slow",         // the loop of centuries at once
	"alloc",        // memory without end at once
	"inert",        // decides as the model alone would
	"state",        // learns in Propose
}

// kind returns the misdeed of this cycle, or the one that the profile names.
func (m *Model) kind(f model.Facts) string {
	if m.misdeed != "" {
		return m.misdeed
	}
	return misdeeds[(max(f.Cycle, 1)-1)%len(misdeeds)]
}

// plot is what the hostile profile says before it writes.
func (m *Model) plot(f model.Facts, round string) string {
	name, idea := "spoil-"+m.kind(f), "Moving one parameter at random."
	switch round {
	case "explore":
		return reply(level2(f, round), templates.Exploration{
			Observations: []string{fmt.Sprintf("There are %d trials.", len(f.Trials))},
			Ideas:        []templates.Idea{{Name: name, Idea: idea, Because: "Nobody expects it."}},
		})
	case "critique":
		return reply(level2(f, round), templates.Verdict{Choice: name, Why: "It is the only idea.", Risks: []string{}})
	}
	return reply(level2(f, round), templates.Spec{
		Name: name, Idea: idea, State: []templates.Field{{Name: "Seen", Type: "int", Meaning: "trials observed"}},
		Propose: "A random step of one parameter.", Accept: "Better than the incumbent.", Observe: "Count.", Differs: "Nearly always.",
	})
}

// misbehave writes the misdeed.
func (m *Model) misbehave(f model.Facts) string {
	kind := m.kind(f)
	if kind == "nonsense" {
		return "The mechanism should look at the trace and do something clever.\n\nfunc (\n"
	}
	values := map[string]any{
		"Kind": strings.TrimPrefix(kind, "late-"), "Late": strings.HasPrefix(kind, "late-"), "Repaired": f.Findings != "",
		"After": len(f.Trials) + 1, "Baseline": baseline(f), "Size": fmt.Sprintf("%.3f", 0.1+0.013*float64(f.Cycle)),
	}
	var b bytes.Buffer
	if err := programs().ExecuteTemplate(&b, "hostile.go.tmpl", values); err != nil {
		panic(fmt.Sprintf("simulated model: write %s: %v", kind, err))
	}
	return b.String()
}

// baseline is the value of the first trial, as a Go literal that is exactly it.
func baseline(f model.Facts) string {
	if len(f.Trials) == 0 || !f.Trials[0].OK() {
		return "0"
	}
	return strconv.FormatFloat(f.Trials[0].BPB, 'g', -1, 64)
}

// hostile returns the profile of a name such as "hostile" or "hostile:late-panic", with the misdeed it names.
func hostile(name string) (p Profile, misdeed string, err error) {
	_, misdeed, named := strings.Cut(name, ":")
	if named && !slices.Contains(misdeeds, misdeed) {
		return Profile{}, "", fmt.Errorf("simulated model: there is no misdeed %q, want one of %s", misdeed, strings.Join(misdeeds, ", "))
	}
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Hostile })
	return profiles[i], misdeed, nil
}
