package command

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/quote"
)

// A Line is a line of a source file with places for values: ADAM_BETAS = ({BETA1}, {BETA2}). It matches the one line of the file
// that differs from it only in these values, in space, and in a comment at its end.
type Line struct {
	File  string   // path in the folder, with slashes
	Text  string   // as the task file has it
	Names []string // of the values, in the order of their places

	at    int            // line of the task file it stands in
	form  *regexp.Regexp // of the line in the file; a group for each value
	start *regexp.Regexp // of lines that begin alike, for the error
}

// An Edit is what became of a line.
type Edit struct {
	File     string
	At       int // number of the line, from 1
	Old, New string
}

var place = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)

const (
	// oldValue is what a place stands for in the file: a number, an expression without space such as 2**19, a word.
	oldValue = `([^\s,;:#()\[\]{}"'` + "`" + `]+)`
	// rest is what may follow: nothing, the end of a statement or of a list, or a comment. Anything else would mean that
	// only part of an expression (2 ** 19) was replaced.
	rest = `(?:\s*(?:[,;)\]}].*|#.*|//.*|--.*)?)$`
)

func parseLine(file, text string) (Line, error) {
	l := Line{File: file, Text: text}
	text = strings.TrimSpace(text)
	places := place.FindAllStringSubmatchIndex(text, -1)
	if len(places) == 0 {
		return l, fmt.Errorf("line is %q, want a place for each value: LR = {LR}", text)
	}
	if strings.ContainsAny(text, "\n\r") {
		return l, fmt.Errorf("line is %q, want one line", text)
	}
	var form strings.Builder
	form.WriteString(`^\s*`)
	from := 0
	for i, at := range places {
		name := text[at[2]:at[3]]
		if slices.Contains(l.Names, name) {
			return l, fmt.Errorf("line is %q: {%s} stands in it twice", text, name)
		}
		fixed := text[from:at[0]]
		if i == 0 && strings.TrimSpace(fixed) == "" || i > 0 && fixed == "" {
			return l, fmt.Errorf("line is %q, want fixed text before each place, so that its line can be found", text)
		}
		l.Names = append(l.Names, name)
		form.WriteString(spaced(fixed) + oldValue)
		if i == 0 {
			l.start = regexp.MustCompile(`^\s*` + spaced(fixed))
		}
		from = at[1]
	}
	form.WriteString(spaced(text[from:]) + rest)
	l.form = regexp.MustCompile(form.String())
	return l, nil
}

// spaced is the pattern of fixed text in which any space may be wider, or missing beside a sign.
func spaced(text string) string {
	var b strings.Builder
	for i, field := range regexp.MustCompile(`\w+|\s+|[^\w\s]`).FindAllString(text, -1) {
		switch {
		case strings.TrimSpace(field) == "":
			b.WriteString(`\s*`)
		case i > 0 && !wordEnd.MatchString(field):
			b.WriteString(`\s*` + regexp.QuoteMeta(field) + `\s*`)
		default:
			b.WriteString(regexp.QuoteMeta(field))
			if !wordEnd.MatchString(field) {
				b.WriteString(`\s*`)
			}
		}
	}
	return b.String()
}

var wordEnd = regexp.MustCompile(`^\w+$`)

// apply writes the values into the line's place in source.
func (l Line) apply(source string, values map[string]string) (string, Edit, error) {
	lines := strings.SplitAfter(source, "\n")
	var at, near []int
	for i, line := range lines {
		bare := strings.TrimRight(line, "\r\n")
		if l.form.MatchString(bare) {
			at = append(at, i)
		} else if l.start.MatchString(bare) {
			near = append(near, i)
		}
	}
	if len(at) != 1 {
		return "", Edit{}, l.missing(lines, at, near)
	}
	old := strings.TrimRight(lines[at[0]], "\r\n")
	var b strings.Builder
	from := 0
	found := l.form.FindStringSubmatchIndex(old)
	for i, name := range l.Names {
		b.WriteString(old[from:found[2*i+2]] + values[name])
		from = found[2*i+3]
	}
	b.WriteString(old[from:])
	edit := Edit{File: l.File, At: at[0] + 1, Old: old, New: b.String()}
	lines[at[0]] = b.String() + lines[at[0]][len(old):]
	return strings.Join(lines, ""), edit, nil
}

func (l Line) missing(lines []string, at, near []int) error {
	if len(at) > 1 {
		return fmt.Errorf("line %d: file %s: lines %d and %d both look like %q, want one; put more of it into the key line", l.at, l.File, at[0]+1, at[1]+1, l.Text)
	}
	if len(near) > 0 {
		return fmt.Errorf("line %d: file %s: its line %d is %q, want the form %q; mend the key line", l.at, l.File, near[0]+1, quote.Line(lines[near[0]], longestQuote), l.Text)
	}
	return fmt.Errorf("line %d: file %s: no line looks like %q; mend the keys file or line", l.at, l.File, l.Text)
}

// errTwice is a place that two lines of the task file want to edit.
var errTwice = errors.New("two lines of the task file mean the same line of the source")

// edit applies all lines of one file.
func edit(source string, lines []Line, values map[string]string) (string, []Edit, error) {
	var edits []Edit
	for _, l := range lines {
		var e Edit
		var err error
		if source, e, err = l.apply(source, values); err != nil {
			return "", nil, err
		}
		if slices.ContainsFunc(edits, func(o Edit) bool { return o.At == e.At }) {
			return "", nil, fmt.Errorf("file %s: line %d: %w; put all its values into one of them", e.File, e.At, errTwice)
		}
		edits = append(edits, e)
	}
	return source, edits, nil
}
