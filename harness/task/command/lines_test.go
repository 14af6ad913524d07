package command

import (
	"strings"
	"testing"
)

func TestALineIsFoundAndItsValuesReplaced(t *testing.T) {
	values := map[string]string{"A": "7", "B": "0.5", "P": "SSSL"}
	for _, c := range []struct{ line, old, want string }{
		{"A = {A}", "A = 2**19 # tokens", "A = 7 # tokens"},
		{"A = {A}", "    A=1", "    A=7"},
		{"A = {A}", "A  =  1;", "A  =  7;"},
		{"A={A}", "A = -1.5e-3\r", "A = 7\r"},
		{"A = ({A}, {B})", "A = (0.8,0.95) # betas", "A = (7,0.5) # betas"},
		{`P = "{P}"`, `P = "LLLL" # pattern`, `P = "SSSL" # pattern`},
		{`"a": {A}`, `  "a": 3,`, `  "a": 7,`},
		{"const A = {A}", "const A = 1 // why", "const A = 7 // why"},
		{"f({A})", "f(12)", "f(7)"},
	} {
		l, err := parseLine("x", c.line)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		got, edit, err := l.apply("first\n"+c.old+"\nlast", values)
		if want := "first\n" + c.want + "\nlast"; err != nil || got != want || edit.At != 2 {
			t.Errorf("%s in %q: got %q at %d (%v), want %q at 2", c.line, c.old, got, edit.At, err, want)
		}
	}
}

func TestALineThatIsNotExactlyThereIsRefused(t *testing.T) {
	for _, c := range []struct{ line, source, want string }{
		{"A = {A}", "AA = 1\nB = 2\n", "no line looks like"},
		{"A = {A}", "A = 1\nA = 2\n", "lines 1 and 2 both"},
		{"A = {A}", "x\nA = 2 ** 19\n", `line 2 is "A = 2 ** 19"`}, // replacing the 2 alone would be wrong
		{"A = {A}", "A = f(1)\n", "line 1"},
		{"A = {A}", "A = [1, 2]\n", "line 1"},
		{"A = {A}", "A == 1\n", "line 1"},
		{"AB = {A}", "A B = 1\n", "no line"},
	} {
		l, err := parseLine("x.py", c.line)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := l.apply(c.source, map[string]string{"A": "7"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %q: got %q, %v; want an error with %q", c.line, c.source, got, err, c.want)
		}
	}
	for _, line := range []string{"A = 1", "{A}", "({A}{B})", "a {A} {A}", "a {A}\nb"} {
		if l, err := parseLine("x", line); err == nil {
			t.Errorf("line %q was taken: %+v", line, l)
		}
	}
}

func TestTwoLinesThatMeanTheSameOneAreRefused(t *testing.T) {
	one, _ := parseLine("x", "A = ({A}, 2)")
	two, _ := parseLine("x", "A = ({A}, {B})")
	if _, _, err := edit("A = (1, 2)\n", []Line{one, two}, map[string]string{"A": "1", "B": "2"}); err == nil || !strings.Contains(err.Error(), "into one of them") {
		t.Errorf("got %v, want an error that says what to do", err)
	}
}
