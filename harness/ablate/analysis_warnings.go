package ablate

import (
	"fmt"
	"slices"
	"strings"
)

// manyKnown is the share of trials, known from earlier ones, from which on an arm is said to have trained less than it seems.
const manyKnown = 0.2

// warnings are what the data cannot support, in sentences; the gravest first.
func warnings(r *Result) []string {
	var all []string
	for _, w := range []string{
		placeboWarning(r), modelWarning(r), profilesWarning(r), tasksWarning(r), formulasWarning(r), seedsWarning(r),
		errorsWarning(r), unfinishedWarning(r), sameWarning(r), influenceWarning(r), memoWarning(r), askedWarning(r), failedWarning(r), rememberedWarning(r), toldWarning(r), bestKnownWarning(r),
	} {
		if w != "" {
			all = append(all, w)
		}
	}
	return all
}

func placeboWarning(r *Result) string {
	if r.Placebo == nil || len(r.Placebo.Unequal) == 0 {
		return ""
	}
	return fmt.Sprintf("The placebo P differs from A on %d of %s: a hand-over by itself changes runs, which is a fault of this program. No comparison here can be trusted.",
		len(r.Placebo.Unequal), count(r.Placebo.Pairs, "unit"))
}

func modelWarning(r *Result) string {
	switch {
	case r.Setting.Simulated:
		return "A simulated model made the proposals and wrote the mechanisms. No language model took part: the figures say nothing about one."
	case r.Asked != nil:
		return fmt.Sprintf("One language model, which its endpoint calls %s, answered: what another would propose or write is not known.", r.Setting.Model)
	}
	return ""
}

// askedWarning names what arms took of a model that is paid, where it was not the same.
func askedWarning(r *Result) string {
	var took []string
	least, most := 0.0, 0.0
	for _, s := range r.Summaries {
		if s.Tokens == 0 || isA(s.Arm) && s.Arm != "A" {
			continue
		}
		if took = append(took, fmt.Sprintf("%s %.0f", s.Arm, s.Tokens)); len(took) == 1 {
			least = s.Tokens
		}
		least, most = min(least, s.Tokens), max(most, s.Tokens)
	}
	if len(took) == 0 || most < 1.2*least {
		return ""
	}
	return fmt.Sprintf("Arms are compared by trials, not by what they took of the model: in tokens a run, %s.", strings.Join(took, ", "))
}

func profilesWarning(r *Result) string {
	if !r.Setting.Simulated || len(r.Profiles) > 1 {
		return ""
	}
	return fmt.Sprintf("One simulated profile (%s): what a mechanism is worth depends on the habits of the proposer it corrects, so this may not hold for another.", strings.Join(r.Profiles, ""))
}

func tasksWarning(r *Result) string {
	n := len(tasksRun(r))
	if n == 1 {
		return "One task: nothing can be said about others, and no p for them can be below 1."
	}
	k := 0 // named comparisons, over which p is corrected
	for _, pair := range named {
		if all := (&table{Result: r}); all.has(pair[0]) && all.has(pair[1]) {
			k++
		}
	}
	switch p := smallestOf(n); {
	case n == 0:
		return ""
	case p > alpha:
		return fmt.Sprintf("%d tasks: flipping the signs of so few cannot give a p below %s, so nothing here can be significant.", n, decimals(p))
	case p*float64(k) > alpha:
		return fmt.Sprintf("%d tasks: flipping the signs of so few cannot give a p below %s, or %s corrected over the %d named comparisons, so none of these can be shown.", n, decimals(p), decimals(p*float64(k)), k)
	}
	return ""
}

func formulasWarning(r *Result) string {
	if len(r.Tasks) == 0 || slices.ContainsFunc(r.Tasks, func(t Task) bool { return t.Real }) {
		return ""
	}
	return "All tasks are formulas: nothing was trained, and what holds on them need not hold where something is."
}

func seedsWarning(r *Result) string {
	seeds := map[string]map[uint64]bool{}
	for _, run := range r.Runs {
		if seeds[run.Task] == nil {
			seeds[run.Task] = map[uint64]bool{}
		}
		seeds[run.Task][run.Seed] = true
	}
	for _, s := range seeds {
		if len(s) > 1 {
			return ""
		}
	}
	if len(seeds) == 0 {
		return ""
	}
	return "One seed a task: how much a run varies with its seed is not known, and how far sessions of level 2 on one task differ neither."
}

func errorsWarning(r *Result) string {
	n, arms := 0, map[string]bool{}
	for _, run := range r.Runs {
		if run.Error != "" {
			n++
			arms[run.Arm] = true
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s no result (of %s) and left out of every pair: if an arm fails where it would have done badly, what is left flatters it.",
		sentence(had(n, "run")), strings.Join(inOrder(r, arms), ", "))
}

func unfinishedWarning(r *Result) string {
	finished := len(r.Runs)
	for _, h := range r.Harm {
		finished += len(h.Losses)
	}
	if len(r.Setting.Looks) > 0 || finished >= r.Planned {
		return ""
	}
	return fmt.Sprintf("%d of %d planned runs are finished: whoever looks before the end, and stops when the figures please, finds effects that are not there.", finished, r.Planned)
}

// isA reports whether an arm takes A's decisions by construction.
func isA(arm string) bool { return arm == "A" || arm == "P" || arm == "single" }

// sameWarning names the arms that never differ from A though nothing says that they should not.
func sameWarning(r *Result) string {
	same := map[string]bool{}
	for _, a := range r.Arms {
		same[a.Name] = !isA(a.Name)
	}
	ran := map[string]bool{}
	for _, run := range r.Runs {
		ran[run.Arm] = true
		if run.Diverged > 0 || run.Error != "" {
			same[run.Arm] = false
		}
	}
	for name := range same {
		same[name] = same[name] && ran[name] && ran["A"]
	}
	if names := inOrder(r, same); len(names) > 0 {
		return fmt.Sprintf("%s took every decision as A did in every run: a comparison with A says nothing.", sentence(strings.Join(names, ", ")))
	}
	return ""
}

func influenceWarning(r *Result) string {
	inert := map[string]bool{}
	compared, differed := map[string]int{}, map[string]int{}
	for _, run := range r.Runs {
		compared[run.Arm] += run.Decisions
		differed[run.Arm] += run.Differed
	}
	for _, a := range r.Arms {
		inert[a.Name] = a.Kind == KindGroup && compared[a.Name] > 0 && differed[a.Name] == 0
	}
	if names := inOrder(r, inert); len(names) > 0 {
		return fmt.Sprintf("No mechanism made in %s decided anything otherwise than the one it replaced: whatever differs there is not their doing.", strings.Join(names, ", "))
	}
	return ""
}

func memoWarning(r *Result) string {
	trials, memo := map[string]int{}, map[string]int{}
	for _, run := range r.Runs {
		trials[run.Arm] += run.Trials
		memo[run.Arm] += run.Memo
	}
	var parts []string
	for _, a := range r.Arms {
		if s := share(memo[a.Name], trials[a.Name]); s >= manyKnown && !isA(a.Name) {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", a.Name, 100*s))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("Trials that were known from earlier ones count as trials: %s. Arms are compared by trials, not by what was trained.", strings.Join(parts, ", "))
}

func failedWarning(r *Result) string {
	trials, failed := map[string]int{}, map[string]int{}
	for _, run := range r.Runs {
		trials[run.Arm] += run.Trials
		failed[run.Arm] += run.Failed
	}
	var parts []string
	for _, a := range r.Arms {
		if s := share(failed[a.Name], trials[a.Name]); s >= 0.1 {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", a.Name, 100*s))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "A tenth of the trials or more ended without a value: " + strings.Join(parts, ", ") + "."
}

// rememberedWarning says that the runs of an arm that remembers are not independent draws.
func rememberedWarning(r *Result) string {
	if !slices.ContainsFunc(r.Arms, func(a Arm) bool { return a.Name == "memory" }) {
		return ""
	}
	return "Arm memory is told what its runs on earlier tasks taught, so its tasks are not independent of each other: its intervals and p are too sure."
}

// toldWarning sets what runs that trained tell of themselves beside what new seeds find: what is kept because it was measured
// lowest was in part measured low by luck.
func toldWarning(r *Result) string {
	type gains struct{ told, found, n float64 }
	by, real := map[string]gains{}, map[string]bool{}
	for _, t := range r.Tasks {
		real[t.Name] = t.Real
	}
	for _, run := range r.Runs {
		if g := by[run.Arm]; real[run.Task] && run.Error == "" {
			by[run.Arm] = gains{g.told - run.Told, g.found + run.Default - run.Final, g.n + 1}
		}
	}
	var lucky []string
	for _, a := range r.Arms {
		if g := by[a.Name]; (a.Name == "A" || !isA(a.Name)) && g.n > 0 && g.found < g.told {
			lucky = append(lucky, fmt.Sprintf("%s %.4f for %.4f", a.Name, g.found/g.n, g.told/g.n))
		}
	}
	if len(lucky) == 0 {
		return ""
	}
	return fmt.Sprintf("Curves over the trials go by what each run measured with its one seed, and what it kept was in part lucky there. What new seeds find of the gain that runs tell of, in bits per byte: %s.", strings.Join(lucky, ", "))
}

func bestKnownWarning(r *Result) string {
	if !slices.ContainsFunc(r.Tasks, func(t Task) bool { return t.Real }) {
		return ""
	}
	return "Regret on trained tasks is measured from the best that any arm found here, not from an optimum: it would change with more runs, and which arms take part changes it."
}

// tasksRun are the tasks that have a run with a result.
func tasksRun(r *Result) map[string]bool {
	seen := map[string]bool{}
	for _, run := range r.Runs {
		if run.Error == "" {
			seen[run.Task] = true
		}
	}
	return seen
}

// smallestOf is the smallest two-sided p of flipping the signs of n tasks.
func smallestOf(n int) float64 { return 2 / float64(uint64(1)<<n) }

// inOrder are the arms of a set in the order of the plan.
func inOrder(r *Result, set map[string]bool) []string {
	var names []string
	for _, a := range r.Arms {
		if set[a.Name] {
			names = append(names, a.Name)
		}
	}
	return names
}

// sentence makes a beginning of one.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// had tells that so many things had something.
func had(n int, thing string) string { return count(n, thing) + " had" }
