package command

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Sign is a line of output that tells why a program failed. It counts only when there is no value, or the program ended
// with an exit status other than 0: a warning that looks like it does no harm.
type Sign struct {
	Pattern *regexp.Regexp
	Status  mechanisms.Status // Refused, Diverged, OutOfMem or Crashed
}

// told are the outcomes that only the program can tell; the others are seen from outside.
var told = []mechanisms.Status{mechanisms.OutOfMem, mechanisms.Diverged, mechanisms.Refused, mechanisms.Crashed}

func (f *File) readFailures(top section) {
	for i, n := range top.list("failures") {
		s := top.section(n, fmt.Sprintf("failures[%d]", i), "pattern", "status")
		if !s.need("pattern", "pattern: 'out of memory'") || !s.need("status", "status: memory") {
			continue
		}
		sign := Sign{Pattern: s.pattern("pattern", 0), Status: mechanisms.Status(s.text("status"))}
		if !slices.Contains(told, sign.Status) {
			var words []string
			for _, t := range told {
				words = append(words, string(t))
			}
			s.fault(s.keys["status"], "%s: status is %q, want one of %s", s.name, sign.Status, strings.Join(words, ", "))
		}
		f.Failures = append(f.Failures, sign)
	}
}
