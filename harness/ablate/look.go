package ablate

import (
	"maps"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// goOn returns which arms still run in a profile, by what the looks at the named comparisons have said. An arm of such
// comparisons stops when all of its are at their end; the other arms go on as long as any comparison does.
func (e *engine) goOn(profile string) (func(arm string) bool, error) {
	all := func(string) bool { return true }
	if len(e.plan.Setting.Looks) == 0 {
		return all, nil
	}
	e.mu.Lock()
	done := maps.Clone(e.done)
	e.mu.Unlock()
	r, err := gather(e.plan, done)
	if err != nil {
		return nil, err
	}
	contrasts, err := Looked(&r, profile)
	if err != nil || len(contrasts) == 0 {
		return all, err
	}
	open, compared, anyOpen := map[string]bool{}, map[string]bool{}, false
	for _, c := range contrasts {
		goesOn := len(c.Looks) == 0 || c.Looks[len(c.Looks)-1].Outcome == string(stats.GoOn)
		for _, arm := range []string{c.First, c.Second} {
			compared[arm] = true
			open[arm] = open[arm] || goesOn
		}
		anyOpen = anyOpen || goesOn
	}
	return func(arm string) bool {
		if compared[arm] {
			return open[arm]
		}
		return anyOpen
	}, nil
}
