package gen

import (
	"regexp"
	"strings"

	"github.com/seed161a02ea/bilevel/gen/child"
)

// death says how a runner ended, in words that are the same every time the same mechanism ends the same way: they go into
// a prompt, and a resumed run finds the recorded answer by the prompt's words. So of what the runner wrote only the first
// line counts, without addresses and measured sizes, and the first place in the mechanism that a stack names.
func death(f *child.Failure) string {
	first, _, _ := strings.Cut(f.Words, "\n")
	first = measured.ReplaceAllString(first, "…")
	out := f.Reason
	if first != "" {
		out += ": " + cut(first, 500)
	}
	if place := inMechanism.FindString(f.Words); place != "" {
		out += " (at " + place + ")"
	}
	return out
}

var (
	measured    = regexp.MustCompile(`0x[0-9a-f]+|\b[0-9]+ (MiB|bytes|pages)\b|goroutine [0-9]+`)
	inMechanism = regexp.MustCompile(`\bmechanism\.go:[0-9]+\b`)
)
