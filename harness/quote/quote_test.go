package quote

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestOneLineOfWhatOthersWrote(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"loss is nan":                 "loss is nan",
		"  two\n lines\tand\r\nmore ": "two lines and more",
		"\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain": "red and plain",
		"a\x00b\x1bc\x7f":              "abc",
		"right\u202eleft\u2066x\u200b": "rightleftx",
		"broken \xff\xfe bytes":        "broken bytes",
		strings.Repeat("x", 21):        strings.Repeat("x", 20) + "…",
		strings.Repeat("é", 11):        strings.Repeat("é", 10) + "…",
		"a" + strings.Repeat("é", 10):  "a" + strings.Repeat("é", 9) + "…", // no half of a letter
	} {
		if got := Line(text, 20); got != want {
			t.Errorf("Line(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestATextKeepsItsLines(t *testing.T) {
	if got, want := Text("a\n\tb\x1b[2Jc\r\n\u202ed\xff"), "a\n\tbc\nd\uFFFD"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
}

func TestTheFirstAndTheLastLines(t *testing.T) {
	const text = "one\n\n two\rthree\nfour\n"
	if got := Lines(text, 3, 100); got != "one; two; three" {
		t.Errorf("the first lines are %q", got)
	}
	if got := LastLines(text, 2, 100); got != "three; four" {
		t.Errorf("the last lines are %q", got)
	}
	if got := LastLines("\n", 2, 100); got != "" {
		t.Errorf("the last lines of nothing are %q", got)
	}
}

func FuzzNothingGetsThrough(f *testing.F) {
	f.Add("\x1b[31mred", 5)
	f.Add("\x1b\x1b[0mx[0m", 50)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(0, most%1000)
		line := Line(text, most)
		if len(line) > most+len("…") || strings.Contains(line, "\n") {
			t.Errorf("Line(%q, %d) = %q, which is too long or more than a line", text, most, line)
		}
		for _, s := range []string{line, Text(text)} {
			for _, r := range s {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) || !utf8.ValidString(s) {
					t.Errorf("of %q remains %q, which does not show as it is", text, s)
				}
			}
		}
	})
}
