package main

import (
	"strings"
	"testing"
)

func TestFlagsMayStandBehindArguments(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"bilevel show runs/1 --json", "bilevel show --json runs/1"},
		{"bilevel show runs/1 --source fold", "bilevel show --source fold runs/1"},
		{"bilevel show --source=fold runs/1 --json", "bilevel show --source=fold --json runs/1"},
		{"bilevel show -- --json", "bilevel show -- --json"},
		{"bilevel --version", "bilevel --version"},
		{"bilevel nonsense --json x", "bilevel --json nonsense x"},
		{"bilevel", "bilevel"},
	} {
		if got := strings.Join(interspersed(strings.Fields(c.line), commands()), " "); got != c.want {
			t.Errorf("%s becomes %q, want %q", c.line, got, c.want)
		}
	}
}
