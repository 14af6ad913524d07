package memory

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// helpedWords tell the range that moves helped to go through, to the value furthest out, and the nearest further out that hurt.
// A move from elsewhere, whose range does not meet that one, is not in the words.
func helpedWords(p mechanisms.Param, w way, far float64, moves []move) string {
	if w.direction == 0 {
		return fmt.Sprintf("Changing it to %s helped.", p.Format(w.label))
	}
	text := fmt.Sprintf("%s it from %s to %s helped", verb(w), p.Format(origin(p, w, far, moves)), p.Format(far))
	past, found := 0.0, false
	for _, m := range moves {
		if m.verdict == hurt && wayOf(p, m) == w && further(w, m.to, far) && (!found || further(w, past, m.to)) {
			past, found = m.to, true
		}
	}
	if found {
		return text + fmt.Sprintf("; as far as %s hurt.", p.Format(past))
	}
	return text + "; further was not tried or made no difference."
}

// origin is where the range begins that helpful moves cover together without a gap, and that ends at far.
func origin(p mechanisms.Param, w way, far float64, moves []move) float64 {
	from := far
	for {
		next := from
		for _, m := range moves {
			if m.verdict == helped && wayOf(p, m) == w && !further(w, from, m.to) && further(w, next, m.from) {
				next = m.from
			}
		}
		if next == from {
			return from
		}
		from = next
	}
}

// hurtWords tell the surest move that hurt, as it was made: of equally sure ones the shortest, which says most.
func hurtWords(p mechanisms.Param, w way, moves []move) string {
	var told move
	for _, m := range moves {
		if m.verdict == hurt && wayOf(p, m) == w && (m.weight > told.weight || m.weight == told.weight && length(p, m) < length(p, told)) {
			told = m
		}
	}
	text := fmt.Sprintf("%s it from %s to %s hurt", verb(w), p.Format(told.from), p.Format(told.to))
	if w.direction == 0 {
		text = fmt.Sprintf("Changing it to %s hurt", p.Format(w.label))
	}
	if told.failed != "" {
		text += fmt.Sprintf(" (%s)", told.failed)
	}
	return text + "."
}

// length of a move, as a share of the parameter's range.
func length(p mechanisms.Param, m move) float64 {
	return math.Abs(p.Unit01(m.to) - p.Unit01(m.from))
}

// further reports whether a is further along the way than b.
func further(w way, a, b float64) bool { return float64(w.direction)*(a-b) > 0 }

func verb(w way) string {
	if w.direction > 0 {
		return "Raising"
	}
	return "Lowering"
}
