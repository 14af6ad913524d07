package mechanisms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Table writes trials as a Markdown table for prompts and people, one row per trial in the order given: number, value and
// its change against the incumbent of the time, both with the sign they were measured with, whether the trial was kept, for how many steps and
// tokens it was trained where that is known of any, the value of every parameter, who proposed it, what became of it, and the
// reason given. A value that the incumbent of the time had too is written as a dot, and parameters that no trial changed stand in a line of their own, so that what was tried is what one
// sees. A proposer that the mechanism in charge bound by a hint has the restriction in brackets. Everything but the learning curves of complete trials is there. Trials begin with the baseline.
func Table(s Space, trials []Trial) string {
	var b strings.Builder
	varied, constant := split(s, trials)
	if len(constant) > 0 {
		fmt.Fprintf(&b, "The same in every trial: %s.\n\n", strings.Join(constant, ", "))
	}
	spent := slices.ContainsFunc(trials, func(t Trial) bool { return t.Steps != 0 || t.Tokens != 0 })
	fmt.Fprintf(&b, "| # | %s | change | kept |", cell(heading(s)))
	rule := "|--:|--:|--:|---|"
	if spent {
		b.WriteString(" steps | tokens |")
		rule += "--:|--:|"
	}
	for _, i := range varied {
		fmt.Fprintf(&b, " %s |", cell(s.Params[i].Name))
	}
	b.WriteString(" by | outcome | why |\n" + rule + strings.Repeat("--:|", len(varied)) + "---|---|---|\n")
	for k, before := range Incumbents(trials) {
		row(&b, s, varied, spent, before, trials[k])
	}
	return b.String()
}

// heading is the name of the value, short.
func heading(s Space) string {
	if s.Measure.Name == "" {
		return "bpb"
	}
	return s.Measure.Name
}

// split returns the parameters that differ between some of the trials, and the others as NAME = value.
func split(s Space, trials []Trial) (varied []int, constant []string) {
	for i, q := range s.Params {
		same, value, seen := true, 0.0, false
		for _, t := range trials {
			if len(t.Point) != len(s.Params) {
				continue
			}
			same = same && (!seen || t.Point[i] == value)
			value, seen = t.Point[i], true
		}
		switch {
		case seen && same && len(trials) > 1:
			constant = append(constant, q.Name+" = "+q.Format(value))
		case seen:
			varied = append(varied, i)
		}
	}
	return varied, constant
}

func row(b *strings.Builder, s Space, varied []int, spent bool, before, t Trial) {
	bpb, change, kept := "", "", ""
	if t.OK() {
		bpb = fmt.Sprintf("%.6f", s.Measure.Own(t.BPB))
		if before.OK() {
			change = fmt.Sprintf("%+.6f", s.Measure.Own(t.BPB-before.BPB))
		}
	}
	if t.Kept {
		kept = "kept"
	}
	fmt.Fprintf(b, "| %d | %s | %s | %s |", t.Seq, bpb, change, kept)
	if spent {
		fmt.Fprintf(b, " %s | %s |", counted(t.Steps), counted(t.Tokens))
	}
	for _, i := range varied {
		switch {
		case len(t.Point) != len(s.Params):
			b.WriteString(" |")
		case len(before.Point) == len(s.Params) && before.Point[i] == t.Point[i]:
			b.WriteString(" · |")
		default:
			fmt.Fprintf(b, " %s |", cell(s.Params[i].Format(t.Point[i])))
		}
	}
	fmt.Fprintf(b, " %s | %s | %s |\n", cell(proposer(t)), cell(outcome(s, t)), cell(t.Why))
}

// proposer says who made the point, and what the mechanism in charge bound it to.
func proposer(t Trial) string {
	if t.Restricted == "" {
		return t.By
	}
	return t.By + " (" + t.Restricted + ")"
}

// counted leaves a cell empty where nothing was trained.
func counted(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// outcome says what became of a trial; of one without a value also why, how far it got, and a malformed point in full.
func outcome(s Space, t Trial) string {
	out := string(t.Status)
	if t.OK() {
		return out
	}
	if t.Reason != "" {
		out += ": " + t.Reason
	}
	if len(t.Point) != len(s.Params) && len(t.Point) > 0 {
		out += fmt.Sprintf("; the point had %d values: %v", len(t.Point), []float64(t.Point))
	}
	if n := len(t.Curve); n > 0 {
		c := t.Curve[n-1]
		out += fmt.Sprintf("; %s %.4f at %.0f %% of its budget", heading(s), s.Measure.Own(c.BPB), 100*c.Fraction)
	}
	return out
}

// cell makes text safe within one cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\r", "", "\n", " ").Replace(strings.TrimSpace(text))
}
