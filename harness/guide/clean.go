package guide

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes bounds one text, cleaned. It is part of every prompt while it is in force.
const MaxBytes = 2000

var (
	lineEnds   = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ")
	emptyLines = regexp.MustCompile(`\n{3,}`)
)

// Clean makes a text fit to be shown and quoted anywhere: valid UTF-8, line ends alike, no other control characters, and
// none that reorder or hide what stands beside them. An error says what to do about a text that is empty or too long.
func Clean(text string) (string, error) {
	text = lineEnds.Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || hides(r)) {
			return -1
		}
		return r
	}, text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	text = strings.TrimSpace(emptyLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
	switch {
	case text == "":
		return "", errors.New("guidance: the text is empty; say what the search should do, or withdraw what is in force")
	case len(text) > MaxBytes:
		return "", fmt.Errorf("guidance: the text has %d bytes, want at most %d; keep what matters most (%d characters are too many)",
			len(text), MaxBytes, utf8.RuneCountInString(text[MaxBytes:]))
	}
	return text, nil
}

// hides reports whether a character is invisible and changes how its neighbours are read. The joiners of some scripts stay.
func hides(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF' || r == '\u200B' || r == '\u2060' || 0xE0000 <= r && r <= 0xE007F || unicode.Is(unicode.Noncharacter_Code_Point, r)
}
