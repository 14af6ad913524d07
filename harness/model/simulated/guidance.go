package simulated

import (
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// limits are what the hint, the steering and the guidance leave to draw from.
type limits struct {
	allowed []int       // parameters, in Space order; never empty
	dirs    map[int]int // direction wanted of a parameter; absent for either
	guided  bool        // advice is in force
}

// limitsOf reads the frozen parameters and the hint, which bind, and the advice in words, which is obeyed as far as it
// names parameters.
func limitsOf(f model.Facts) limits {
	l := limits{dirs: map[int]int{}, guided: f.Steer.Guidance != "" || f.Hint.Text != "" || f.Steer.Person.Text != ""}
	for i, p := range f.Space.Params {
		frozen := slices.Contains(f.Steer.Frozen, p.Name)
		if !frozen && (len(f.Hint.Params) == 0 || slices.Contains(f.Hint.Params, p.Name)) {
			l.allowed = append(l.allowed, i)
			if f.Hint.Direction != 0 {
				l.dirs[i] = f.Hint.Direction
			}
		}
	}
	if len(l.allowed) == 0 { // a hint that names only frozen parameters: no answer can satisfy it, so answer as if it were not there
		for i := range f.Space.Params {
			l.allowed = append(l.allowed, i)
		}
	}
	l.advise(f, f.Steer.Person.Text) // first, so that what narrows later stays within what a person wants
	l.advise(f, f.Steer.Guidance)
	l.advise(f, f.Hint.Text)
	l.advise(f, f.Steer.Person.Text) // and last, so that its directions stand
	return l
}

// advise narrows the limits by a text, clause by clause. Advice that would leave nothing is passed over.
func (l *limits) advise(f model.Facts, text string) {
	wanted, unwanted := map[int]bool{}, map[int]bool{}
	for _, clause := range clauses(text) {
		lower := strings.ToLower(clause)
		avoid := hasAny(lower, "avoid", "do not", "don't", "leave ", "stop ", "not again", "never", "ruled out", "exhausted", "discarded", "tabu")
		dir := direction(lower)
		for i, p := range f.Space.Params {
			if !mentions(clause, p.Name) {
				continue
			}
			switch {
			case avoid && dir != 0:
				l.point(i, -dir, f.Hint.Direction)
			case avoid:
				unwanted[i] = true
			default:
				wanted[i] = true
				l.point(i, dir, f.Hint.Direction)
			}
		}
	}
	keep := func(test func(int) bool) {
		var left []int
		for _, i := range l.allowed {
			if test(i) {
				left = append(left, i)
			}
		}
		if len(left) > 0 {
			l.allowed = left
		}
	}
	if len(wanted) > 0 {
		keep(func(i int) bool { return wanted[i] })
	}
	keep(func(i int) bool { return !unwanted[i] || wanted[i] })
}

// clauses splits a text at semicolons, line ends and full stops, but not at decimal points.
func clauses(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(text+" ", ". ", "\n"), func(r rune) bool { return r == ';' || r == '\n' })
}

// point wants a direction of a parameter unless the hint binds it already.
func (l *limits) point(i, dir, bound int) {
	if dir != 0 && bound == 0 {
		l.dirs[i] = dir
	}
}

func direction(clause string) int {
	up := hasAny(clause, "upward", "raise", "raising", "increase", "larger", "higher")
	down := hasAny(clause, "downward", "lower", "decrease", "reduc", "smaller")
	switch {
	case up && !down:
		return 1
	case down && !up:
		return -1
	}
	return 0
}

// mentions reports whether the text has the name as a word of its own.
func mentions(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		i += at
		end := i + len(name)
		if (i == 0 || !nameByte(text[i-1])) && (end == len(text) || !nameByte(text[end])) {
			return true
		}
		at = end
	}
}

func nameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func hasAny(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
