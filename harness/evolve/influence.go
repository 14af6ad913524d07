package evolve

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/store"
)

// Influence sums what a mechanism did in all its times in charge; the shadow is that of the last.
func Influence(tenures []store.Tenure, mechanism string) store.Tenure {
	sum := store.Tenure{Mechanism: mechanism, From: -1}
	for _, t := range tenures {
		if t.Mechanism != mechanism {
			continue
		}
		if sum.From < 0 {
			sum.From = t.From
		}
		sum.Shadow = t.Shadow
		sum.Proposals += t.Proposals
		sum.Decisions += t.Decisions
		sum.Compared += t.Compared
		sum.Differed += t.Differed
		sum.Unasked += t.Unasked
		sum.Gain += t.Gain
	}
	return sum
}

// influenceWords says what a mechanism did and what the one it replaced would have done otherwise.
func influenceWords(t store.Tenure) string {
	w := fmt.Sprintf("%s and %s", count(t.Proposals, "proposal"), count(t.Decisions, "verdict"))
	if t.Shadow == "" {
		return w + "; it replaced no other mechanism, so none was asked beside it"
	}
	w += fmt.Sprintf("; %d decisions were put to %s as well, which would have taken %d of them otherwise; ", t.Compared, t.Shadow, t.Differed)
	if t.Gain == 0 {
		return w + "the incumbent's BPB did not change by trials it proposed"
	}
	return w + fmt.Sprintf("the incumbent's BPB changed by %+.4f by trials it proposed (lower is better)", -t.Gain)
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
