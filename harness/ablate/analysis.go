package ablate

import (
	"slices"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

const (
	confidence = 0.95
	alpha      = 0.05 // two-sided, of a finding
	// margin is the difference of regret that nobody would act on: a twentieth of the way from the default to the best known.
	// An interval that lies within it on both sides shows that two arms are as good as equal (Schuirmann, 1987, with 95 % for 90 %).
	margin = 0.05
	// resampling is the seed of all draws of the analysis. It is the same for all, so that arms with the same runs get the
	// same figures.
	resampling = 1
)

// named are the comparisons that the ablation was made for: whether the whole does better than the bare loop, than a mere
// restart, and than changing one parameter after the other.
var named = [][2]string{{"C", "A"}, {"C", "R"}, {"C", "coordinate"}}

// Analyse fills in what follows from the runs of the result: summaries, contrasts, claims, and warnings, which are added to those
// that are there. Runs with an Error are left out, with the other run of each pair they are in, and counted. It depends on nothing but
// the result.
func Analyse(r *Result) error {
	r.Summaries, r.Contrasts, r.Claims, r.Transfer = nil, nil, nil, nil
	for _, profile := range r.Profiles {
		t := tabulate(r, profile)
		for _, a := range r.Arms {
			if s, ok := t.summary(a.Name); ok {
				r.Summaries = append(r.Summaries, s)
			}
		}
		contrasts, err := t.contrasts()
		if err != nil {
			return err
		}
		r.Contrasts = append(r.Contrasts, contrasts...)
		if transfer, ok := t.transfer(contrasts); ok {
			r.Transfer = append(r.Transfer, transfer)
		}
		for _, c := range t.claims(contrasts) {
			if !slices.Contains(r.Claims, c) { // that nothing is known is said once
				r.Claims = append(r.Claims, c)
			}
		}
	}
	slices.SortStableFunc(r.Contrasts, func(a, b Contrast) int { return rank(b.Named) - rank(a.Named) })
	slices.SortStableFunc(r.Claims, func(a, b Claim) int { return rank(b.Text == unseen) - rank(a.Text == unseen) })
	r.Warnings = append(r.Warnings, warnings(r)...)
	return nil
}

func rank(first bool) int {
	if first {
		return 1
	}
	return 0
}

// A table is the runs of one profile, to be found by unit and arm.
type table struct {
	*Result
	profile string
	units   []unitKey // in the order of the plan
	runs    map[unitKey]map[string]*Run
	tasks   map[string]Task
}

type unitKey struct {
	task string
	seed uint64
}

func tabulate(r *Result, profile string) *table {
	t := &table{Result: r, profile: profile, runs: map[unitKey]map[string]*Run{}, tasks: map[string]Task{}}
	for _, task := range r.Tasks {
		t.tasks[task.Name] = task
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Profile != profile {
			continue
		}
		u := unitKey{run.Task, run.Seed}
		if t.runs[u] == nil {
			t.units = append(t.units, u)
			t.runs[u] = map[string]*Run{}
		}
		t.runs[u][run.Arm] = run
	}
	return t
}

// has reports whether there is an arm of that name.
func (t *table) has(arm string) bool {
	return slices.ContainsFunc(t.Arms, func(a Arm) bool { return a.Name == arm })
}

// of returns the runs of an arm that have a result, in the order of the plan.
func (t *table) of(arm string) []*Run {
	var runs []*Run
	for _, u := range t.units {
		if run := t.runs[u][arm]; run != nil && run.Error == "" {
			runs = append(runs, run)
		}
	}
	return runs
}

// clusters gathers a figure of runs by task; strata are the families.
func (t *table) clusters(runs []*Run, figure func(*Run) float64) []stats.Cluster {
	var all []stats.Cluster
	at := map[string]int{}
	for _, run := range runs {
		i, ok := at[run.Task]
		if !ok {
			i = len(all)
			at[run.Task] = i
			all = append(all, stats.Cluster{Stratum: t.tasks[run.Task].Family})
		}
		all[i].Values = append(all[i].Values, figure(run))
	}
	return all
}

// summary is what an arm came to; false where it has no run with a result.
func (t *table) summary(arm string) (Summary, bool) {
	s, runs := Summary{Arm: arm, Profile: t.profile}, t.of(arm)
	if len(runs) == 0 {
		return s, false
	}
	n, trials, memo, decisions, differed := float64(len(runs)), 0, 0, 0, 0
	for _, run := range runs {
		s.Mean += run.Regret / n
		s.AUC += run.AUC / n
		s.Gain += (run.Default - run.Final) / n
		if run.Success {
			s.Success += 1 / n
		}
		trials, memo = trials+run.Trials, memo+run.Memo
		decisions, differed = decisions+run.Decisions, differed+run.Differed
		if a := run.Asked; a != nil {
			s.Answers += float64(a.Answers) / n
			s.Tokens += float64(a.TokensIn+a.TokensOut) / n
		}
	}
	s.Runs = len(runs)
	s.Memo, s.Influent = share(memo, trials), share(differed, decisions)
	by := t.clusters(runs, func(run *Run) float64 { return run.Regret })
	s.IQM = stats.IQM(stats.Flat(by))
	interval := stats.Bootstrap(by, confidence, resampling, stats.IQM)
	s.Low, s.High = interval.Low, interval.High
	return s, true
}

// share is part of whole, 0 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
