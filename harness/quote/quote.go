// Package quote makes text that somebody else wrote (a program, a model) fit to be shown: it cannot colour or move what
// stands beside it, and it is as long as it was meant to be.
package quote

import (
	"regexp"
	"strings"
	"unicode"
)

// escapes are the sequences that steer a terminal.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])`)

// Unstyled takes the sequences that steer a terminal out of a text.
func Unstyled(s string) string { return escapes.ReplaceAllString(s, "") }

// Line makes one line of a text, fit to stand in a sentence: of at most so many bytes, and an ellipsis where more was
// there; nothing in it that does not show.
func Line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, Unstyled(strings.ToValidUTF8(s, "")))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// Text leaves a text its lines and tabs, and takes out everything else that does not show.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, Unstyled(strings.ToValidUTF8(s, "\uFFFD")))
}

// Lines joins the first lines of a text into one, at most so many.
func Lines(s string, lines, most int) string {
	all := split(s)
	return Line(strings.Join(all[:min(len(all), lines)], "; "), most)
}

// LastLines joins the last lines of a text into one, at most so many.
func LastLines(s string, lines, most int) string {
	all := split(s)
	return Line(strings.Join(all[max(0, len(all)-lines):], "; "), most)
}

// split cuts a text into the lines that hold anything. A carriage return ends one too: programs write their progress over.
func split(s string) []string {
	var all []string
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.TrimSpace(line) != "" {
			all = append(all, line)
		}
	}
	return all
}
