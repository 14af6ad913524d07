package main

import (
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/contain"
)

func TestRequireSandboxRefusesWhatIsNotWhole(t *testing.T) {
	for _, r := range []contain.Report{
		{Words: []string{"limits"}, Missing: []contain.Missing{{Wall: contain.Landlock, Why: "the kernel has none"}}},
		{Words: []string{"limits"}, Open: []string{"use UDP"}},
	} {
		if err := wholly(r); err == nil || !strings.Contains(err.Error(), r.String()) {
			t.Errorf("%s: error %v, want one that says what is missing", r, err)
		}
	}
	if err := wholly(contain.Report{Words: []string{"limits"}}); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
}
