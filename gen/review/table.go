package review

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// benchmark writes the figures of the subject, its parent and the yardsticks.
func (p *page) benchmark(r Review) {
	if len(r.Rows) == 0 {
		return
	}
	p.heading("Benchmark")
	p.line("%d searches of %d trials for each figure, all mechanisms on the same synthetic instances, which are drawn from the hash of this source; a stand-in with bad habits plays the language model. Regret of the final incumbent without noise: 1 is the default, 0 the optimum; on flat, where the default is the optimum, loss in standard deviations of the noise. Mean ± standard error; lower is better. These figures say nothing about GPTs.\n", r.Searches, surfaces.Trials)
	names := []string{"mechanism"}
	for _, f := range surfaces.Families {
		names = append(names, f.Name)
	}
	p.table(names...)
	for _, row := range r.Rows {
		cells := []string{row.Name}
		for _, g := range row.Figures {
			cells = append(cells, fmt.Sprintf("%.3f ± %.3f", g.Regret30, g.Error()))
		}
		p.row(cells...)
	}
	p.line("\nThe difference from each of the others, with the interval of 95 %% confidence of the paired searches and the p of their permutation. Below 0 it ends lower. Only the first row decides the verdict, after Holm's correction.\n")
	names[0] = "difference from"
	p.table(names...)
	for _, row := range r.Rows[1:] {
		cells := []string{row.Name}
		for _, c := range row.Against {
			cells = append(cells, fmt.Sprintf("%s, p %s", interval(c), probability(c.P)))
		}
		p.row(cells...)
	}
	p.line("\nOn the way: the mean of the clipped regret over the trials (auc), the share of searches that end at 0.5 or lower, of decisions that greedy would have made otherwise, of points tried before, of trials without a value, and the calls of the model for each point, over all families.\n")
	p.table("mechanism", "auc", "success50", "influence", "duplicates", "crashes", "asks")
	for _, row := range r.Rows {
		g := mean(row.Figures)
		p.row(row.Name, fmt.Sprintf("%.3f", g.AUC), fmt.Sprintf("%.2f", g.Success50), fmt.Sprintf("%.2f", g.Influence),
			fmt.Sprintf("%.2f", g.Duplicates), fmt.Sprintf("%.2f", g.Crashes), fmt.Sprintf("%.2f", g.Asks))
	}
}

// mean averages figures that can be averaged over families. auc and success mean nothing where there is nothing to find.
func mean(figures []surfaces.Figures) surfaces.Figures {
	var m surfaces.Figures
	all, real := float64(len(figures)), 0.0
	for _, f := range surfaces.Families {
		if !f.Null {
			real++
		}
	}
	for k, g := range figures {
		m.Influence += g.Influence / all
		m.Duplicates += g.Duplicates / all
		m.Crashes += g.Crashes / all
		m.Asks += g.Asks / all
		if !surfaces.Families[k].Null {
			m.AUC += g.AUC / real
			m.Success50 += g.Success50 / real
		}
	}
	return m
}
