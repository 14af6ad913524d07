package command

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/quote"
)

// An output reads what a program prints, line by line, and keeps only what a trial needs, in bounded memory however much
// there is. A carriage return ends a line too: programs write their progress over.
type output struct {
	file     *File
	progress func(percent string)
	curve    *curve  // nil where nobody wants one
	share    float64 // of the trial, that the program told last

	line []byte // the beginning of the line that is not ended yet
	long bool   // it was cut
	size int64  // of all output, bytes

	value  string // of the last line that the objective's pattern matches
	object string // the last line that is a JSON object, when the objective wants one
	signs  []string
	last   []string // lines, cleaned; the newest at the end
}

const (
	longestLine = 64 << 10 // bytes of a line that are looked at
	linesKept   = 20       // of the end, for people
	linesTold   = 3        // of these, in a reason

	longestQuote = 300 // bytes of foreign text in a sentence
)

func newOutput(f *File, progress func(string)) *output {
	return &output{file: f, progress: progress, signs: make([]string, len(f.Failures))}
}

// Write takes what the program printed. It never fails.
func (o *output) Write(b []byte) (int, error) {
	o.size += int64(len(b))
	for rest := b; len(rest) > 0; {
		end := bytes.IndexAny(rest, "\n\r")
		part := rest
		if end >= 0 {
			part, rest = rest[:end], rest[end+1:]
		} else {
			rest = nil
		}
		room := longestLine - len(o.line)
		o.long = o.long || len(part) > room
		o.line = append(o.line, part[:min(len(part), room)]...)
		if end >= 0 {
			o.end()
		}
	}
	return len(b), nil
}

// end looks at the line that is complete.
func (o *output) end() {
	text := strings.ToValidUTF8(string(o.line), "\uFFFD")
	cut := o.long
	o.line, o.long = o.line[:0], false
	text = quote.Unstyled(text)
	if strings.TrimSpace(text) == "" {
		return
	}
	if m := match(o.file.Objective.Pattern, text); m != nil {
		o.value = m[1]
	}
	if o.file.Objective.JSON != nil && o.file.Objective.File == "" && !cut && strings.HasPrefix(strings.TrimSpace(text), "{") && json.Valid([]byte(text)) {
		o.object = text
	}
	for i, s := range o.file.Failures {
		if o.signs[i] == "" && s.Pattern.MatchString(text) {
			o.signs[i] = quote.Line(text, longestQuote)
		}
	}
	percent := ""
	if m := match(o.file.Progress, text); m != nil {
		if percent = m[1]; o.progress != nil {
			o.progress(percent)
		}
	}
	o.look(text, percent)
	if len(o.last) == linesKept {
		o.last = append(o.last[:0], o.last[1:]...)
	}
	o.last = append(o.last, quote.Line(text, longestQuote))
}

func match(p *regexp.Regexp, text string) []string {
	if p == nil {
		return nil
	}
	return p.FindStringSubmatch(text)
}

// words are the last lines as one, for a reason.
func (o *output) words() string {
	return quote.LastLines(strings.Join(o.last, "\n"), linesTold, longestQuote)
}
