package simulated

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// misdeeds are the ways in which the hostile profile's mechanisms misbehave, in the order of cycles. The late ones behave
// until some trials after they were put in charge, and only on the space they were written for, so that the static gates,
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

// misbehave writes the misdeed of this cycle, or the one that the profile names.
func (m *Model) misbehave(f model.Facts) string {
	kind := misdeeds[(max(f.Cycle, 1)-1)%len(misdeeds)]
	if m.misdeed != "" {
		kind = m.misdeed
	}
	if kind == "nonsense" {
		return "The mechanism should look at the trace and do something clever.\n\nfunc (\n"
	}
	values := map[string]any{
		"Kind": strings.TrimPrefix(kind, "late-"), "Late": strings.HasPrefix(kind, "late-"), "Repaired": f.Findings != "",
		"After": len(f.Trials) + 1, "Space": f.Space.Name,
	}
	var b bytes.Buffer
	if err := programs.ExecuteTemplate(&b, "hostile.go.tmpl", values); err != nil {
		panic(fmt.Sprintf("simulated model: write %s: %v", kind, err))
	}
	return b.String()
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
