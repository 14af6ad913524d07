package ablate

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// words says in a sentence what a contrast shows and no more. What is not shown is not said to be absent, unless the interval
// leaves no room for a difference that matters.
func (t *table) words(c Contrast) string {
	p, found := "p = "+decimals(c.P)+", not corrected for the other comparisons", "Suggested"
	if c.Named { // only what was named beforehand can be shown
		p, found = "p = "+decimals(c.Holm)+" corrected over the named comparisons", "Shown"
	}
	return t.sentence(c, p, found)
}

// sentence is words with how p is told and what a finding is called. Whether there is one goes by Holm.
func (t *table) sentence(c Contrast, p, found string) string {
	thing := "task"
	if c.HeldOut { // not "that level 2 never saw": an arm with level 2 writes its mechanisms on them
		thing = "held-out task"
	}
	where := fmt.Sprintf("on %s of %s", count(c.Pairs, "unit"), count(c.Tasks, thing))
	if t.profile != "" {
		where += ", with the simulated model's profile " + t.profile
	}
	if equalEverywhere(c) {
		return fmt.Sprintf("%s and %s ended with the same regret %s.", c.First, c.Second, where)
	}
	figures := fmt.Sprintf("%s ended %s in regret than %s on average %s%s", c.First, amount(c.Difference), c.Second, where, interval(c.Low, c.High))
	switch {
	case c.Smallest > alpha:
		return fmt.Sprintf("Not shown: %s, and %s could not have reached significance whatever they showed: the smallest p they can give is %s.",
			figures, count(c.Tasks, "task"), decimals(c.Smallest))
	case t.sequential(c):
		return t.sequentialWords(c, figures)
	case c.Holm > alpha && c.Low > -margin && c.High < margin:
		return fmt.Sprintf("As good as equal: %s; %s, and the interval leaves no room for a difference of %v either way.", figures, p, margin)
	case c.Holm > alpha:
		return fmt.Sprintf("Not shown to differ: %s; %s.", figures, p)
	case covers(c.Low, c.High):
		return fmt.Sprintf("Not shown to differ: %s; %s, but the interval holds 0: the test weighs families of tasks by how steady they are and the mean does not, so the two need not agree, and both are wanted.", figures, p)
	case c.Difference > 0:
		found += " to be worse"
	}
	return fmt.Sprintf("%s: %s; %s.", found, figures, p)
}

// sequentialWords are those of a comparison that could end at a look: what counts is whether it crossed a bound, not its p.
func (t *table) sequentialWords(c Contrast, figures string) string {
	if len(c.Looks) == 0 {
		return fmt.Sprintf("Not decided yet: %s; the first look is after %s.", figures, count(t.Setting.Looks[0], "unit"))
	}
	last := c.Looks[len(c.Looks)-1]
	at := fmt.Sprintf("at the look after %s, Z was %.2f with bounds of %.2f and %.2f", count(last.Pairs, "pair"), last.Z, last.Futility, last.Efficacy)
	switch stats.Outcome(last.Outcome) {
	case stats.Efficacy:
		if last.Efficacy <= last.Futility { // the bounds meet at the last look
			return fmt.Sprintf("Shown: %s; %s, at the last look.", figures, at)
		}
		return fmt.Sprintf("Shown: %s; %s, which ends the comparison for efficacy (an average at an early end is too good: look at the bound, not at it).", figures, at)
	case stats.Futility:
		return fmt.Sprintf("Not shown: %s; %s, which ends the comparison as not worth more budget.", figures, at)
	case stats.End:
		return fmt.Sprintf("Not shown: %s; %s, and that was the last look.", figures, at)
	}
	return fmt.Sprintf("Not decided yet: %s; %s.", figures, at)
}

// interval tells the bounds of a difference, where there are any.
func interval(low, high float64) string {
	if low == high {
		return ""
	}
	return fmt.Sprintf(" (95 %% interval %s)", between(low, high))
}

// covers reports whether an interval leaves the sign of a difference open.
func covers(low, high float64) bool { return low <= 0 && high >= 0 }

// between tells an interval of differences of regret.
func between(low, high float64) string {
	if low < 0 && high < 0 {
		return fmt.Sprintf("%.3f to %s", -high, amount(low))
	}
	if low > 0 && high > 0 {
		return fmt.Sprintf("%.3f to %s", low, amount(high))
	}
	return fmt.Sprintf("%s to %s", amount(low), amount(high))
}

// amount tells a difference of regret; lower is better.
func amount(d float64) string {
	if d < 0 {
		return fmt.Sprintf("%.3f lower", -d)
	}
	return fmt.Sprintf("%.3f higher", d)
}

// decimals tells a probability with as many digits as matter.
func decimals(p float64) string {
	switch {
	case p < 0.001:
		return fmt.Sprintf("%.1g", p)
	case p < 0.1:
		return fmt.Sprintf("%.3f", p)
	}
	return fmt.Sprintf("%.2f", p)
}

// count tells a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func equalEverywhere(c Contrast) bool {
	for _, p := range c.Pairing {
		if math.Abs(p.First-p.Second) > 0 {
			return false
		}
	}
	return true
}
