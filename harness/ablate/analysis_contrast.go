package ablate

import (
	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// contrasts compares arms within the profile: the named comparisons first, then every other arm with A. Where some tasks are
// held out and others are not, each comparison is made on both, apart.
func (t *table) contrasts() ([]Contrast, error) {
	var sides []bool
	for _, out := range []bool{false, true} {
		for _, task := range t.Tasks {
			if task.HeldOut == out {
				sides = append(sides, out)
				break
			}
		}
	}
	var all []Contrast
	for _, heldOut := range sides {
		main, err := t.namedContrasts(heldOut)
		if err != nil {
			return nil, err
		}
		all = append(all, main...)
		for _, a := range t.Arms {
			if a.Name == "A" || a.Name == "C" || !t.has("A") {
				continue
			}
			c := t.contrast(a.Name, "A", heldOut)
			if c.Pairs == 0 {
				continue
			}
			c.Holm = c.P
			c.Words = t.words(c)
			all = append(all, c)
		}
	}
	return all, nil
}

// namedContrasts are those of named whose arms are in the plan and have a unit in common, with Holm's correction over them.
func (t *table) namedContrasts(heldOut bool) ([]Contrast, error) {
	var all []Contrast
	for _, pair := range named {
		if !t.has(pair[0]) || !t.has(pair[1]) {
			continue
		}
		c := t.contrast(pair[0], pair[1], heldOut)
		c.Named = true
		all = append(all, c)
	}
	p := make([]float64, len(all))
	for i, c := range all {
		p[i] = c.P
	}
	var kept []Contrast
	for i, corrected := range stats.Holm(p) { // those without a pair count too: they were planned
		c := all[i]
		if c.Pairs == 0 {
			continue
		}
		c.Holm = corrected
		var err error
		if c.Looks, err = t.looks(c, len(all)); err != nil {
			return nil, err
		}
		c.Words = t.words(c)
		kept = append(kept, c)
	}
	return kept, nil
}

// contrast compares two arms on the units on which both have a result.
func (t *table) contrast(first, second string, heldOut bool) Contrast {
	c := Contrast{First: first, Second: second, Profile: t.profile, HeldOut: heldOut, Pairing: t.pairs(first, second, heldOut)}
	clusters := t.differences(c.Pairing)
	flat := stats.Flat(clusters)
	c.Pairs, c.Tasks = len(flat), len(clusters)
	c.Difference, c.DZ, c.Better = stats.Mean(flat), stats.DZ(flat), stats.Improvement(flat)
	test := stats.SignFlip(clusters, resampling)
	c.P, c.Exact, c.Smallest = test.P, test.Exact, test.Smallest
	c.Holm = c.P
	interval := stats.Bootstrap(clusters, confidence, resampling, stats.Mean)
	c.Low, c.High = interval.Low, interval.High
	return c
}

// pairs are the two arms on the units on which both have a result, in the order of the plan.
func (t *table) pairs(first, second string, heldOut bool) []Pair {
	var all []Pair
	for _, u := range t.units {
		a, b := t.runs[u][first], t.runs[u][second]
		if a == nil || b == nil || a.Error != "" || b.Error != "" || t.tasks[u.task].HeldOut != heldOut {
			continue
		}
		all = append(all, Pair{Task: u.task, Seed: u.seed, First: a.Regret, Second: b.Regret})
	}
	return all
}

// differences gathers those of pairs by task, in the order of the pairs.
func (t *table) differences(pairs []Pair) []stats.Cluster {
	runs := make([]*Run, len(pairs))
	for i, p := range pairs {
		runs[i] = &Run{Task: p.Task, Regret: p.First - p.Second}
	}
	return t.clusters(runs, func(run *Run) float64 { return run.Regret })
}

// transfer sets what each arm came to against A on the tasks that level 2 saw beside the same on those it never saw; false where
// there are not both. Where mechanisms are arms by themselves it is about them: yardsticks were not made on any task.
func (t *table) transfer(contrasts []Contrast) (Transfer, bool) {
	x := Transfer{Profile: t.profile}
	mechanisms := 0
	for _, a := range t.Arms {
		if a.Kind == KindMechanism {
			mechanisms++
		}
	}
	for _, a := range t.Arms {
		if mechanisms > 1 && a.Kind != KindMechanism {
			continue
		}
		var seen, heldOut *Contrast
		for i := range contrasts {
			if c := &contrasts[i]; c.First == a.Name && c.Second == "A" {
				if c.HeldOut {
					heldOut = c
				} else {
					seen = c
				}
			}
		}
		if seen != nil && heldOut != nil {
			x.Arms = append(x.Arms, a.Name)
			x.Seen = append(x.Seen, seen.Difference)
			x.HeldOut = append(x.HeldOut, heldOut.Difference)
		}
	}
	if len(x.Arms) == 0 {
		return x, false
	}
	rho, bounds := stats.Spearman(x.Seen, x.HeldOut, confidence)
	x.Rho, x.Low, x.High = rho, bounds.Low, bounds.High
	return x, true
}
