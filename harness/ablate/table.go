package ablate

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable prints what an ablation came to: arms and contrasts for each profile, the claims, and what the data cannot support.
func WriteTable(out io.Writer, r *Result) error {
	w := &pages{out: out}
	w.line("%s: %d of %d runs, %d trials each", r.Title, len(r.Runs)+harmed(r), r.Planned, r.Setting.Trials)
	for _, profile := range r.Profiles {
		if profile != "" {
			w.line("\nSimulated model, profile %s", profile)
		}
		writeArms(w, r, profile)
		writeContrasts(w, r, profile)
	}
	writeTransfer(w, r)
	if p := r.Placebo; p != nil {
		if len(p.Unequal) == 0 {
			w.line("\nThe placebo equals A in every bit on %s, with %s.", count(p.Pairs, "unit"), count(p.Handovers, "hand-over"))
		} else {
			w.list(fmt.Sprintf("THE PLACEBO DIFFERS FROM A on %d of %s", len(p.Unequal), count(p.Pairs, "unit")), p.Unequal)
		}
	}
	if a := r.Asked; a != nil {
		w.line("\n%s", folded(fmt.Sprintf("A language model took part, which its endpoint calls %s: %s, %d tokens in and %d out%s. What arms of a unit share was asked once.",
			r.Setting.Model, count(a.Answers, "answer"), a.TokensIn, a.TokensOut, cost(a)), "", width))
	}
	for _, text := range []string{unseen, produces} {
		unit, says := "", []string(nil)
		for _, c := range r.Claims {
			if c.Text == text {
				unit, says = c.Unit, append(says, c.Says)
			}
		}
		w.list(fmt.Sprintf("Claim: %q (counted: each %s)", text, unit), says)
	}
	w.list("What the data cannot support", r.Warnings)
	return w.err
}

// harmed is how many runs were made on tasks where nothing can be found.
func harmed(r *Result) int {
	n := 0
	for _, h := range r.Harm {
		n += len(h.Losses)
	}
	return n
}

func writeArms(w *pages, r *Result, profile string) {
	harm := map[string]float64{}
	for _, h := range r.Harm {
		if h.Profile == profile {
			harm[h.Arm] = h.Mean
		}
	}
	w.line("\nRegret of the final incumbent on new seeds: 0 is the best known, 1 the default; lower is better.\n")
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	value := r.Measure()
	fmt.Fprintf(rows, "arm\truns\tregret, middle half (95 %%)\tmean\tarea\tsuccess\t%s\tknown\tdecided otherwise", value)
	if r.Asked != nil {
		fmt.Fprint(rows, "\tanswers\ttokens")
	}
	if len(harm) > 0 {
		fmt.Fprint(rows, "\tharm")
	}
	fmt.Fprintln(rows)
	for _, s := range r.Summaries {
		if s.Profile != profile {
			continue
		}
		fmt.Fprintf(rows, "%s\t%d\t%s\t%.3f\t%.3f\t%.0f %%\t%+.4f\t%.0f %%\t%s", s.Arm, s.Runs, s.figure(), s.Mean, s.AUC,
			100*s.Success, value.Own(0-s.Gain), 100*s.Memo, influence(s))
		if r.Asked != nil {
			fmt.Fprintf(rows, "\t%.0f\t%.0f", s.Answers, s.Tokens)
		}
		if h, ok := harm[s.Arm]; ok {
			fmt.Fprintf(rows, "\t%+.2f", h)
		}
		fmt.Fprintln(rows)
	}
	rows.Flush()
	w.line("\n%s", folded(fmt.Sprintf("area: mean regret over the trials. success: runs at 0.5 or lower. %s: final incumbent less default, %s is better. known: trials that were trained before.",
		value, value.Gain()), "", width))
	if r.Asked != nil {
		w.line("answers and tokens: of the model, a run, as if the arm had asked alone.")
	}
	if len(harm) > 0 {
		w.line("harm: loss where nothing can be found, in standard deviations of a measurement.")
	}
}

// figure is the middle half's mean, with its interval where there is one.
func (s Summary) figure() string {
	if s.Low == s.High {
		return fmt.Sprintf("%.3f", s.IQM)
	}
	return fmt.Sprintf("%.3f (%.3f to %.3f)", s.IQM, s.Low, s.High)
}

// figure is the mean difference, with its interval where there is one.
func (c Contrast) figure() string {
	if c.Low == c.High {
		return fmt.Sprintf("%+.3f", c.Difference)
	}
	return fmt.Sprintf("%+.3f (%+.3f to %+.3f)", c.Difference, c.Low, c.High)
}

// cost is what the answers cost, in words.
func cost(a *Asked) string {
	if a.CostUSD == 0 {
		return ""
	}
	return fmt.Sprintf(", %.2f US dollars", a.CostUSD)
}

// influence is the share of decisions of made mechanisms that their predecessors would have taken otherwise.
func influence(s Summary) string {
	if s.Influent == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*s.Influent)
}

func writeContrasts(w *pages, r *Result, profile string) {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "\ndifference of regret\ttasks\tpairs\tmean (95 %)\tp\tcorrected\td_z\tends lower")
	var named, looked []string
	any := false
	for _, c := range r.Contrasts {
		if c.Profile != profile {
			continue
		}
		any = true
		mark, corrected := " ", "-"
		if c.Named {
			mark, corrected = "*", decimals(c.Holm)
			named = append(named, c.Words)
		}
		if c.HeldOut {
			mark += " held out"
		}
		fmt.Fprintf(rows, "%s - %s %s\t%d\t%d\t%s\t%s\t%s\t%.2f\t%.0f %%\n", c.First, c.Second, mark, c.Tasks, c.Pairs,
			c.figure(), decimals(c.P), corrected, c.DZ, 100*c.Better)
		for _, l := range c.Looks {
			looked = append(looked, fmt.Sprintf("%s - %s after %d pairs: Z %.2f, bounds %.2f and %.2f: %s", c.First, c.Second, l.Pairs, l.Z, l.Futility, l.Efficacy, l.Outcome))
		}
	}
	if !any {
		return
	}
	rows.Flush()
	w.line("\n* named beforehand, and corrected over those (Holm); the others are not corrected.")
	w.list("Looks", looked)
	w.list("What the named comparisons show", named)
}

func writeTransfer(w *pages, r *Result) {
	for _, x := range r.Transfer {
		w.line("\n%s", folded(fmt.Sprintf("Held out: the order of %s by their difference from A on the other tasks and on held-out ones has a rank correlation of %.2f (95 %%: %.2f to %.2f).",
			count(len(x.Arms), "arm"), x.Rho, x.Low, x.High), "", width))
	}
}
