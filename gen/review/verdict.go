package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A Word is a verdict in a word.
type Word string

// The verdicts, the worst first.
const (
	Unfit    Word = "unfit"     // a gate refuses it, or it failed
	Inert    Word = "inert"     // it decides as another does
	Worse    Word = "worse"     // than its parent on some family, better on none
	Mixed    Word = "mixed"     // better than its parent on some family and worse on another
	NoBetter Word = "no better" // no difference from its parent was shown
	Better   Word = "better"    // than its parent on some family, worse on none
)

// A Verdict is a word with its reasons, the deciding ones first.
type Verdict struct {
	Word    Word
	Reasons []string
}

// Bad reports whether nobody should take the mechanism up as it is.
func (v Verdict) Bad() bool { return v.Word == Unfit || v.Word == Inert || v.Word == Worse }

// level is the chance that is accepted of calling mechanisms different on any family that are not.
const level = 0.05

// judge weighs what was found.
func judge(r Review) Verdict {
	if v := unfit(r); v.Word != "" {
		return v
	}
	var v Verdict
	switch s := r.Subject.Service; {
	case r.Report.Inert():
		return Verdict{Inert, []string{fmt.Sprintf("The gate %s refuses it: %s.", r.Report.Gate, r.Report.Findings[0].Message)}} // and it was not measured
	case s != nil && s.Compared > 0 && s.Differed == 0:
		v = Verdict{Inert, []string{fmt.Sprintf("In its run %s would have taken all %d of its decisions as it did.", s.Shadow, s.Compared)}}
	default:
		v = compared(r)
	}
	v.Reasons = append(v.Reasons, circumstances(r)...)
	return v
}

// unfit finds what rules a mechanism out whatever its figures.
func unfit(r Review) Verdict {
	var reasons []string
	for _, f := range r.Subject.Faults {
		reasons = append(reasons, "Its folder is not as this program writes it: "+f+".")
	}
	if r.Report.Inert() {
		// It is sound, and would change nothing.
	} else if !r.Report.OK() {
		reasons = append(reasons, fmt.Sprintf("The gate %s refuses it with %s.", r.Report.Gate, count(len(r.Report.Findings), "finding")))
	} else if r.Unmeasured != "" {
		reasons = append(reasons, "It could not be measured: "+r.Unmeasured+".")
	}
	if s := r.Subject.Service; s != nil && s.Failed {
		reasons = append(reasons, "It was taken out of its run: "+s.Fate+".")
	}
	if reasons == nil {
		return Verdict{}
	}
	return Verdict{Unfit, reasons}
}

// compared weighs the figures against those of the parent, or of the first yardstick where there is none.
func compared(r Review) Verdict {
	parent := r.Rows[1]
	var reasons []string
	better, worse := 0, 0
	adjusted := Holm(parent.Against)
	for k, f := range surfaces.Families {
		c := parent.Against[k]
		if adjusted[k] >= level {
			continue
		}
		word := "lower"
		if c.Difference > 0 {
			word = "higher"
			worse++
		} else {
			better++
		}
		text := fmt.Sprintf("On %s its regret ends %s than that of %s: %s, p %s after Holm's correction.", f.Name, word, parent.Name, interval(c), probability(adjusted[k]))
		if f.Null {
			text = fmt.Sprintf("On %s, where the default is the optimum, it loses %s noise standard deviations against %s, p %s after Holm's correction.", f.Name, interval(c), parent.Name, probability(adjusted[k]))
		}
		reasons = append(reasons, text)
	}
	switch {
	case better > 0 && worse > 0:
		return Verdict{Mixed, reasons}
	case better > 0:
		return Verdict{Better, reasons}
	case worse > 0:
		return Verdict{Worse, reasons}
	}
	return Verdict{NoBetter, []string{fmt.Sprintf("On no family of surfaces could a difference from %s be shown with %d searches: the intervals below cover it.", parent.Name, r.Searches)}}
}

// circumstances are what a reader should know beside the verdict.
func circumstances(r Review) []string {
	var reasons []string
	for _, row := range r.Rows[1:] {
		if row.Name == "random" {
			if names := notBelow(row); len(names) > 0 {
				reasons = append(reasons, "It is not shown to be better than random search on "+strings.Join(names, ", ")+".")
			}
		}
	}
	asks := 0.0
	for _, g := range r.Rows[0].Figures {
		asks += g.Asks / float64(len(r.Rows[0].Figures))
	}
	if asks == 0 {
		reasons = append(reasons, "It never asks the language model: its proposals cost nothing, and nothing the model knows reaches them.")
	} else {
		reasons = append(reasons, fmt.Sprintf("It asks the language model %.2f times for each point on average.", asks))
	}
	if s := r.Subject.Service; s != nil && s.Compared > 0 && s.Differed > 0 {
		reasons = append(reasons, fmt.Sprintf("In its run %d of %d decisions were its own; one run shows nothing about whether they were good ones.", s.Differed, s.Compared))
	}
	if o := r.Subject.Origin; o != nil && o.Simulated {
		reasons = append(reasons, "Its author is simulated: it says nothing about what a language model would write.")
	}
	return reasons
}

// notBelow names the families, null ones aside, on which the subject is not shown to end lower.
func notBelow(row Row) []string {
	var names []string
	for k, f := range surfaces.Families {
		if c := row.Against[k]; !f.Null && c.High >= 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

// Holm adjusts the p of several comparisons so that the chance of any false one stays below the level (Holm 1979).
func Holm(all []surfaces.Comparison) []float64 {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case all[a].P < all[b].P:
			return -1
		case all[a].P > all[b].P:
			return 1
		}
		return 0
	})
	adjusted, last := make([]float64, len(all)), 0.0
	for rank, i := range order {
		last = min(1, max(last, all[i].P*float64(len(all)-rank)))
		adjusted[i] = last
	}
	return adjusted
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
