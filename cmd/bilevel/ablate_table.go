package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// ablationSummary prints what an ablation came to: the arms by profile, what the named comparisons say, the two claims, what
// the data cannot support, and where the rest is.
func ablationSummary(out io.Writer, r ablate.Result, dir string, took time.Duration) error {
	for _, profile := range r.Profiles {
		if err := armTable(out, r, profile); err != nil {
			return err
		}
	}
	fmt.Fprintln(out)
	for _, c := range r.Contrasts {
		if c.Named {
			fmt.Fprintf(out, "%s%s against %s: %s\n", inProfile(r, c.Profile), c.First, c.Second, c.Words)
		}
	}
	for _, c := range r.Claims {
		fmt.Fprintf(out, "claim: %s: %s\n", c.Text, c.Says)
	}
	if r.Placebo != nil && len(r.Placebo.Unequal) == 0 {
		fmt.Fprintf(out, "placebo: P equals A in every bit of every trial on %d units, over %d hand-overs\n", r.Placebo.Pairs, r.Placebo.Handovers)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "note: %s\n", w)
	}
	if r.Setting.Simulated {
		fmt.Fprintln(out, "SIMULATED: no language model took part; this says how procedures do with these habits, and nothing of language models")
	}
	trials, known := 0, 0
	for _, run := range r.Runs {
		trials, known = trials+run.Trials, known+run.Memo
	}
	fmt.Fprintf(out, "\n%d runs, %d trials of which %d were known from another run or earlier in theirs, in %s\n", len(r.Runs), trials, known, duration(took))
	_, err := fmt.Fprintf(out, "ablation directory: %s\n  bilevel report %s    makes one page of it, with every run\n  bilevel ablate --dir %s --json    the result as data\n", dir, dir, dir)
	return err
}

// inProfile names the profile where there are several.
func inProfile(r ablate.Result, profile string) string {
	if len(r.Profiles) < 2 {
		return ""
	}
	return profile + ": "
}

// armTable prints one line for every arm, the lowest regret first.
func armTable(out io.Writer, r ablate.Result, profile string) error {
	var lines []ablate.Summary
	for _, s := range r.Summaries {
		if s.Profile == profile {
			lines = append(lines, s)
		}
	}
	slices.SortStableFunc(lines, func(a, b ablate.Summary) int {
		switch {
		case a.IQM < b.IQM:
			return -1
		case a.IQM > b.IQM:
			return 1
		}
		return 0
	})
	harm := map[string]float64{}
	for _, h := range r.Harm {
		if h.Profile == profile {
			harm[h.Arm] = h.Mean
		}
	}
	fmt.Fprintf(out, "\n%sregret of the final incumbent, measured again: 0 is the best known, 1 the default; lower is better\n", inProfile(r, profile))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "arm\truns\tregret\t95 % from\tto\tearly\t≤ 0.5\tgain\tknown\t")
	if len(harm) > 0 {
		fmt.Fprint(w, "harm\t")
	}
	fmt.Fprintln(w)
	for _, s := range lines {
		fmt.Fprintf(w, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.0f %%\t%+.4f\t%.0f %%\t", s.Arm, s.Runs, s.IQM, s.Low, s.High, s.AUC, 100*s.Success, -s.Gain, 100*s.Memo)
		if len(harm) > 0 {
			fmt.Fprintf(w, "%+.2f\t", harm[s.Arm])
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
