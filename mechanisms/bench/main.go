// Command bench measures every mechanism written by hand on the synthetic surfaces. It writes BENCHMARKS.md, and the table at
// the end of README.md beside it, which has a row for each:
//
//	go run ./mechanisms/bench
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog/full"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A setting is one table: a family of surfaces searched with one proposer.
type setting struct {
	family   surfaces.Family
	proposer string
	ask      surfaces.Proposer
}

func settings() []setting {
	var list []setting
	for _, f := range surfaces.Families {
		list = append(list, setting{f, "rut", standin.Rut})
		if f.Name == "gptsim" {
			list = append(list, setting{f, "unbiased", standin.Suggest})
		}
	}
	return list
}

func main() {
	searches := flag.Int("searches", 60, "searches per mechanism and table")
	dir := flag.String("dir", "mechanisms", "folder of BENCHMARKS.md and README.md")
	flag.Parse()
	if err := write(*dir, *searches); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func write(dir string, searches int) error {
	entries := full.All()
	seeds, err := surfaces.Seeds(searches, entries...)
	if err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString(preface(searches))
	var all [][]surfaces.Figures // by setting
	for _, s := range settings() {
		figures, err := measure(entries, s, seeds)
		if err != nil {
			return err
		}
		fmt.Fprintf(&page, "\n## %s, %s proposer\n\n%s.\n\n", s.family.Name, s.proposer, sentence(s.family.Doc))
		page.WriteString(table(entries, figures, s.family.Null))
		all = append(all, figures)
	}
	readme := filepath.Join(dir, "README.md")
	old, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	guide, _, found := strings.Cut(string(old), mechanisms.FiguresBegin)
	if !found {
		return fmt.Errorf("%s has no line %q, where the table begins", readme, mechanisms.FiguresBegin)
	}
	if err := os.WriteFile(readme, []byte(guide+mechanisms.FiguresBegin+short(entries, all, searches)), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "BENCHMARKS.md"), []byte(page.String()), 0o666)
}

// short is the table of README.md: the regret of the final incumbent, a row for each mechanism.
func short(entries []mechanisms.Entry, all [][]surfaces.Figures, searches int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n\n## What the mechanisms by hand reach\n\nRegret of the final incumbent after %d trials on synthetic surfaces, without noise: 1 is the default, 0 the optimum; on flat, where\nthe default is the optimum, loss in standard deviations of the noise. Mean of %d searches ± standard error; lower is better. The figures say\nnothing about GPTs. Made by `go run ./mechanisms/bench` together with BENCHMARKS.md, which has the rest and says how.\n\nMechanisms that a model wrote and people took up lie in generated/, a folder each.\n\n| mechanism |", surfaces.Trials, searches)
	rule := "|---|"
	for _, s := range settings() {
		fmt.Fprintf(&b, " %s |", s.column())
		rule += "--:|"
	}
	b.WriteString("\n" + rule + "\n")
	for i, e := range entries {
		fmt.Fprintf(&b, "| %s |", e.Name)
		for k := range all {
			fmt.Fprintf(&b, " %.3f ± %.3f |", all[k][i].Regret30, all[k][i].Error())
		}
		b.WriteString("\n")
	}
	return b.String()
}

// column is a setting in the head of the short table: the rut proposer goes without saying.
func (s setting) column() string {
	if s.proposer == "rut" {
		return s.family.Name
	}
	return s.family.Name + ", " + s.proposer
}

// measure fills one table, on all processors; every search is deterministic, so the order of work does not show but in the times.
func measure(entries []mechanisms.Entry, s setting, seeds []uint64) ([]surfaces.Figures, error) {
	figures, errs := make([]surfaces.Figures, len(entries)), make([]error, len(entries))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				figures[i], errs[i] = surfaces.Measure(entries[i], s.family, s.ask, seeds)
			}
		})
	}
	for i := range entries {
		next <- i
	}
	close(next)
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return figures, nil
}

func table(entries []mechanisms.Entry, figures []surfaces.Figures, null bool) string {
	var b strings.Builder
	if null {
		b.WriteString("| mechanism | loss (noise sd) | influence | duplicates | crashes | µs/decision |\n|---|--:|--:|--:|--:|--:|\n")
	} else {
		b.WriteString("| mechanism | regret30 | auc | success50 | influence | duplicates | crashes | µs/decision |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	}
	for i, e := range entries {
		g := figures[i]
		fmt.Fprintf(&b, "| %s | %.3f ± %.3f |", e.Name, g.Regret30, g.Error())
		if !null {
			fmt.Fprintf(&b, " %.3f | %.2f |", g.AUC, g.Success50)
		}
		fmt.Fprintf(&b, " %.2f | %.2f | %.2f | %.3g |\n", g.Influence, g.Duplicates, g.Crashes, g.Decision/1000)
	}
	return b.String()
}

func preface(searches int) string {
	return fmt.Sprintf(`# Mechanisms on synthetic surfaces

Made by `+"`go run ./mechanisms/bench`"+` on %s/%s, %d processors, %s. %d searches of %d trials for each figure, all
mechanisms on the same instances, which are drawn from a hash of their sources. These are synthetic tasks and stand-ins
for a language model: the figures compare search procedures with each other and say nothing about GPTs or language models.

regret30 is the regret of the final incumbent without noise (1 the default, 0 the optimum; mean ± standard error); auc the mean of the
clipped regret over the trials; success50 the share of searches that end at 0.5 or lower; influence the share of decisions that
greedy would have made otherwise; duplicates the share of points tried before; crashes the share of trials without a value, pruned
ones aside. A trial that is pruned costs the share of the budget it used. The rut proposer stays on a parameter and comes back to what was discarded; the
unbiased one changes a random parameter. Learning curves begin in an order that differs from that of their ends, but how much in real training is not known here. Mechanisms that do not ask a model have the same figures with both. memory has no
lessons here, so that it decides as greedy; placebo always does.
`, runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), searches, surfaces.Trials)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
