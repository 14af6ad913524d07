package ablate

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// Published is where the figures of the paper come from.
const Published = "Qu and Lu 2026, arXiv 2603.23420, table 1 (label tab:main); runs: repository EdwardOptimization/Bilevel-Autoresearch at 2010e95, experiments/ablations/paper_ablation/run2_results/results_*/*/report.json"

// A publishedGroup is one row of the published table beside what the published records of its runs say.
type publishedGroup struct {
	name   string
	levels string
	// As printed in paper/bilevel-autoresearch/sections/results.tex: mean and standard deviation of the change of val_bpb.
	mean, spread float64
	// Of its three runs, from baseline_bpb and best_val_bpb of each report.json.
	baseline, best [3]float64
	// Sessions of level 2 that the reports call applied, of how many.
	applied, sessions int
}

var publishedTable = []publishedGroup{
	{"A", "level 1", -0.009, 0.002, [3]float64{1.104926, 1.104021, 1.105416}, [3]float64{1.096392, 1.095696, 1.094656}, 0, 0},
	{"B", "levels 1, 1.5", -0.006, 0.006, [3]float64{1.093949, 1.102937, 1.102621}, [3]float64{1.093727, 1.092555, 1.093430}, 0, 0},
	{"C", "levels 1, 1.5, 2", -0.045, 0.030, [3]float64{1.113135, 1.114388, 1.112773}, [3]float64{1.047687, 1.103468, 1.054782}, 5, 6},
	{"D", "levels 1, 2", -0.034, 0.031, [3]float64{1.094523, 1.103541, 1.102442}, [3]float64{1.093543, 1.040898, 1.063226}, 0, 6},
}

// changes are those of the three runs in bits per byte, by the records.
func (g publishedGroup) changes() []float64 {
	d := make([]float64, len(g.best))
	for i := range d {
		d[i] = g.best[i] - g.baseline[i]
	}
	return d
}

func publishedOf(name string) (publishedGroup, bool) {
	for _, g := range publishedTable {
		if g.name == name {
			return g, true
		}
	}
	return publishedGroup{}, false
}

// differencesFromRecords says where the printed table is not what its records come to.
func differencesFromRecords() []string {
	var all []string
	for _, g := range publishedTable {
		d := g.changes()
		mean, spread := thousandth(stats.Mean(d)), thousandth(stats.Spread(d))
		if mean != g.mean || spread != g.spread {
			all = append(all, fmt.Sprintf("%s is printed as %.3f ± %.3f; its records give %.4f ± %.4f.", g.name, g.mean, g.spread, stats.Mean(d), stats.Spread(d)))
		}
	}
	a, b, c := publishedTable[0].changes(), publishedTable[1].changes(), publishedTable[2].changes()
	return append(all, fmt.Sprintf("C is said to be 5 times A and 7.5 times B; the records give %.1f and %.1f.", stats.Mean(c)/stats.Mean(a), stats.Mean(c)/stats.Mean(b)))
}

func thousandth(x float64) float64 { return math.Round(x*1000) / 1000 }

// caveats are what the published records and sources show, and what follows for reading the table.
func caveats() []string {
	a, _ := publishedOf("A")
	c, _ := publishedOf("C")
	d, _ := publishedOf("D")
	extreme, arrangements := stats.Exchange(c.changes(), a.changes())
	var baselines []string
	for _, g := range publishedTable {
		baselines = append(baselines, fmt.Sprintf("%s %.4f", g.name, stats.Mean(g.baseline[:])))
	}
	return []string{
		fmt.Sprintf("No published mechanism made a decision; the column \"decided otherwise\" counts those of ours. In C (%d of %d sessions applied) the classes that were written stand in runner_final.py and are never constructed, and its class TrainRunner is that of group A, statement for statement. In D (%d of %d applied) the runner is the same file after every batch of every run, byte for byte; yet two of its three runs are among the four best of all twelve.",
			c.applied, c.sessions, d.applied, d.sessions),
		"What level 2 changed was the restart. Every 10 trials C and D began with an empty history and with the values that were tried last, which the runner leaves in train.py: C's reports hold 33 results, three of them such beginnings, and in D the first trial of a batch was kept whatever it gave (D2: 1.1745 after 1.1003). Arm R clears the history on that schedule and writes no code; arm P hands over to a binary that decides as the one before, and must equal A.",
		fmt.Sprintf("A trial was 300 s by the clock, and the groups ran on different machines. Their baselines, the same program, have means of %s: %.4f from least to most, where A's whole improvement is %.4f.",
			strings.Join(baselines, ", "), spanOf(publishedTable), -stats.Mean(a.changes())),
		fmt.Sprintf("Three runs a group cannot show anything: C against A is %d of %d arrangements, p = %s, and no three against three can give less.", extreme, arrangements, decimals(float64(extreme)/float64(arrangements))),
		"The lowest of 30 noisy trials less one noisy baseline is too good by itself. The last column here measures incumbent and default again with seeds that no run had.",
		"The published proposer was shown the last ten trials, a line each; ours is shown all of them.",
	}
}

// spanOf is how far the mean baselines of the groups are apart.
func spanOf(groups []publishedGroup) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, g := range groups {
		m := stats.Mean(g.baseline[:])
		low, high = min(low, m), max(high, m)
	}
	return high - low
}
