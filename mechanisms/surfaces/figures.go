package surfaces

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Trials is the budget that figures are measured at: the length of a run of the paper.
const Trials = 30

// Figures are means over searches on instances of one family.
type Figures struct {
	Searches   int       `json:"searches"`
	Regret30   float64   `json:"regret30"`    // regret of the final incumbent: 1 is the default, 0 the optimum; on a null family the loss in noise standard deviations
	AUC        float64   `json:"auc"`         // mean over the trials of the regret then, clipped to [0, 1]: how early it gets there
	Success50  float64   `json:"success50"`   // share of searches that end with a regret of at most 0.5
	Influence  float64   `json:"influence"`   // share of decisions that greedy would have made otherwise
	Duplicates float64   `json:"duplicates"`  // share of points proposed that had been tried
	Crashes    float64   `json:"crashes"`     // share of trials that ended without a value, pruned ones aside
	Asks       float64   `json:"asks"`        // calls of the proposer for each point proposed
	Decision   float64   `json:"decision_ns"` // nanoseconds spent in the mechanism for each decision
	Regrets    []float64 `json:"regrets"`     // Regret30 of every search, in the order of seeds
}

// Measure searches one instance for each seed.
func Measure(e mechanisms.Entry, f Family, ask Proposer, seeds []uint64) (Figures, error) {
	g := Figures{Searches: len(seeds)}
	n := float64(len(seeds))
	for _, seed := range seeds {
		run, err := Search(e, f.New(seed), ask, seed, Trials, 1)
		if err != nil {
			return g, err
		}
		last, area := run.Regret[len(run.Regret)-1], 0.0
		for _, r := range run.Regret[1:] {
			area += min(max(r, 0), 1) / float64(len(run.Regret)-1)
		}
		g.Regrets = append(g.Regrets, last)
		g.Regret30 += last / n
		g.AUC += area / n
		if last <= 0.5 {
			g.Success50 += 1 / n
		}
		decisions := float64(run.Decisions)
		g.Influence += min(1, float64(run.Differs)/decisions) / n
		g.Duplicates += float64(run.Duplicates) / decisions / n
		g.Crashes += float64(run.Failures) / decisions / n
		g.Asks += float64(run.Asks) / decisions / n
		g.Decision += float64(run.Elapsed.Nanoseconds()) / decisions / n
	}
	return g, nil
}

// Seeds returns the seeds of n instances for measuring the given mechanisms together. They come from a hash of the
// mechanisms' own sources, so that nothing can be tuned to the instances it will be measured on.
func Seeds(n int, entries ...mechanisms.Entry) ([]uint64, error) {
	h := sha256.New()
	for _, e := range entries {
		hash, err := sourceHash(e)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(h, hash)
	}
	sum := h.Sum(nil)
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = mechanisms.Stream(binary.LittleEndian.Uint64(sum), i, "instance").Uint64()
	}
	return seeds, nil
}

// sourceHash is the entry's own hash, or that of the files of the package of its name.
func sourceHash(e mechanisms.Entry) (string, error) {
	if e.Hash != "" {
		return e.Hash, nil
	}
	files, err := fs.Glob(mechanisms.Source, e.Name+"/*.go")
	h := sha256.New()
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := mechanisms.Source.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s\x00%s\x00", f, text)
	}
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("hash the source of mechanism %s: it has no Hash and there is no package of its name here", e.Name)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// Error is the standard error of Regret30.
func (g Figures) Error() float64 {
	if g.Searches < 2 {
		return math.NaN()
	}
	sum := 0.0
	for _, r := range g.Regrets {
		sum += (r - g.Regret30) * (r - g.Regret30)
	}
	return math.Sqrt(sum / float64(g.Searches-1) / float64(g.Searches))
}

// A Reporter is a *testing.B.
type Reporter interface {
	ReportMetric(n float64, unit string)
}

// Report reports the figures with units that benchstat tells apart; lower is better but for success50, and for influence, which is neither.
func (g Figures) Report(b Reporter) {
	b.ReportMetric(0, "ns/op") // the time of a batch of searches says nothing
	b.ReportMetric(g.Regret30, "regret30")
	b.ReportMetric(g.AUC, "auc")
	b.ReportMetric(g.Success50, "success50")
	b.ReportMetric(g.Influence, "influence")
	b.ReportMetric(g.Duplicates, "duplicates")
	b.ReportMetric(g.Crashes, "crashes")
	b.ReportMetric(g.Decision, "ns/decision")
}
