package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const good = `name: toy
timeout: 10s
command: [sh, train.sh]
parameters:
  - {name: LR, type: float, range: [1e-4, 1], default: 0.1, log: true, flag: --lr}
  - {name: N, type: int, range: [1, 12], default: 4, env: N}
  - {name: B, type: pow2, range: [2^2, 2^8], default: 16, flag: --b=}
  - {name: ACT, type: choice, choices: [relu, gelu], default: gelu, file: train.sh}
objective: {pattern: '^val: (\S+)', direction: minimise}
`

func TestAFileIsRead(t *testing.T) {
	f, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Space.Default(), (mechanisms.Point{0.1, 4, 16, 1}); !got.Equal(want) {
		t.Errorf("default point: got %v, want %v", got, want)
	}
	if f.Timeout != 10*time.Second || f.Objective.Maximise || f.Deterministic {
		t.Errorf("got time-out %v, maximise %v, deterministic %v; want 10s, false, false", f.Timeout, f.Objective.Maximise, f.Deterministic)
	}
}

// Each case replaces a piece of the good file; the error must name the line and the remedy.
func TestEveryFaultIsToldWithItsLineAndRemedy(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"unknown key", "timeout: 10s", "timeout: 10s\ncomand: [x]", []string{`line 3: task: unknown key "comand"`, "command"}},
		{"unknown key of a parameter", "env: N", "env: N, min: 3", []string{`line 6: parameter`, `unknown key "min"`, "range"}},
		{"key twice", "timeout: 10s", "timeout: 10s\ntimeout: 20s", []string{"line 3:", "given twice"}},
		{"no command", "command: [sh, train.sh]\n", "", []string{"line 1:", `"command" is missing`, "command: [python, train.py]"}},
		{"command as a text", "[sh, train.sh]", "sh train.sh", []string{"line 3:", "as a list"}},
		{"no time-out", "timeout: 10s\n", "", []string{`"timeout" is missing`}},
		{"time without a unit", "10s", "10", []string{"line 2:", `"10"`, "10m"}},
		{"bad name", "name: toy", "name: a b", []string{"line 1:", "letters"}},
		{"unknown type", "type: int", "type: integer", []string{"line 6: parameter N", `"integer"`, "float, int, pow2"}},
		{"ends swapped", "[1, 12]", "[12, 1]", []string{"line 6: parameter N", "smaller number first"}},
		{"default outside", "default: 4", "default: 40", []string{"line 6: default: N = 40", "from 1 to 12"}},
		{"no whole number", "default: 4", "default: 4.5", []string{"line 6:", "whole number"}},
		{"too many digits", "default: 0.1", "default: 0.12345678", []string{"line 5:", "six significant digits"}},
		{"no power of two", "[2^2, 2^8]", "[2^2, 100]", []string{"line 7:", "powers of two"}},
		{"log from zero", "[1e-4, 1]", "[0, 1]", []string{"line 5:", "more than 0"}},
		{"not a number", "[1e-4, 1]", "[.nan, 1]", []string{"line 5:", `".nan"`}},
		{"range of a choice", "choices: [relu, gelu]", "choices: [relu, gelu], range: [0, 1]", []string{"line 8:", "take it out"}},
		{"label that ends its literal", "[relu, gelu]", `[relu, gelu, "\"; rm -rf /"]`, []string{"line 8:", "quotes"}},
		{"default is no label", "default: gelu", "default: silu", []string{"line 8:", `"silu"`, "relu, gelu"}},
		{"same parameter twice", "name: N,", "name: LR,", []string{"line 6:", "given twice"}},
		{"no way", ", env: N", "", []string{"line 6: parameter N", "no way", "flag: --name"}},
		{"two ways", "env: N", "env: N, flag: --n", []string{"line 6: parameter N", "flag and env", "one of them"}},
		{"flag without dash", "--lr", "lr", []string{"line 5:", `"lr"`, "begins with -"}},
		{"line without file", "env: N", "line: 'N = {N}'", []string{"line 6:", "no file"}},
		{"file outside", "file: train.sh", "file: ../train.sh", []string{"line 8:", "inside the folder"}},
		{"line without place", "file: train.sh", "file: train.sh, line: 'ACT = 1'", []string{"line 8:", "ACT = 1", "a place for each value"}},
		{"line of an unknown name", "file: train.sh", "file: train.sh, line: 'A = ({ACT}, {OTHER})'", []string{"no parameter {OTHER}"}},
		{"line of a parameter with a flag", "file: train.sh", "file: train.sh, line: 'A = ({ACT}, {LR})'", []string{"LR is given by flag"}},
		{"no direction", ", direction: minimise", "", []string{"line 9:", `"direction" is missing`}},
		{"unknown direction", "minimise", "down", []string{"line 9:", `"down"`, "maximise"}},
		{"pattern without group", `(\S+)`, `\S+`, []string{"line 9:", "0 groups, want 1"}},
		{"pattern that does not compile", `(\S+)`, `(\S+`, []string{"line 9:", "RE2"}},
		{"pattern and json", "direction:", "json: a.b, direction:", []string{"line 9:", "one of them"}},
		{"objective nowhere", `pattern: '^val: (\S+)', `, "", []string{"line 9:", "json: metrics.val_loss"}},
		{"unknown status", "timeout: 10s", "timeout: 10s\nfailures:\n  - {pattern: x, status: oom}", []string{"line 4:", `"oom"`, "memory"}},
		{"constraint over a choice", "timeout: 10s", "timeout: 10s\nconstraints:\n  - {left: [N], right: [ACT], why: x}", []string{"line 4:", `"ACT"`, "LR, N, B"}},
		{"default breaks a constraint", "timeout: 10s", "timeout: 10s\nconstraints:\n  - {left: [N], right: [B], why: N covers B}", []string{"line 4:", "N = 4", "N covers B"}},
		{"seed in no way", "timeout: 10s", "timeout: 10s\nseed: {}", []string{"line 3:", "flag: --seed"}},
		{"link outside", "timeout: 10s", "timeout: 10s\nlink: [/etc]", []string{"line 3:", `"/etc"`, "inside the folder"}},
		{"variable without a name", "timeout: 10s", "timeout: 10s\nenvironment: {a=b: c}", []string{"line 3:", "a=b"}},
		{"deterministic is perhaps", "timeout: 10s", "timeout: 10s\ndeterministic: perhaps", []string{"line 3:", "true or false"}},
		{"noise of what is deterministic", "timeout: 10s", "timeout: 10s\nnoise: 0.1\ndeterministic: true", []string{"line 3:", "take one out"}},
		{"noise below zero", "timeout: 10s", "timeout: 10s\nnoise: -1", []string{"line 3:", "standard deviation"}},
		{"tabs", "timeout: 10s", "timeout: 10s\nenvironment:\n\tA: b", []string{"line 4: not YAML", "indent with spaces"}},
		{"name that breaks a table", "direction:", "name: 'a|b', direction:", []string{"line 9:", `"a|b"`, "val_acc"}},
		{"curve without a value", "timeout: 10s", "timeout: 10s\ncurve: 'loss (\\S+)'", []string{"line 3:", "without a name", "(?P<value>"}},
		{"curve of how far alone", "timeout: 10s", "timeout: 10s\ncurve: '(?P<percent>\\d+)%'", []string{"line 3:", "no group for the value"}},
		{"curve of another group", "timeout: 10s", "timeout: 10s\ncurve: '(?P<step>\\d+) (?P<value>\\S+)'", []string{"line 3:", `"step"`, "(?P<percent>"}},
		{"curve that is nowhere", "timeout: 10s", "timeout: 10s\ncurve: 'loss (?P<value>\\S+)'", []string{"line 3:", "how far", "progress"}},
		{"curve that does not compile", "timeout: 10s", "timeout: 10s\ncurve: 'loss ('", []string{"line 3:", "RE2"}},
		{"two documents", "objective:", "---\nobjective:", []string{"second document"}},
		{"alias of a list", "timeout: 10s", "timeout: 10s\nexclude: &x [a]\nlink: *x", []string{"line 4:", "alias"}},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%s: the good file has no %q", c.name, c.old)
		}
		_, err := Parse([]byte(text))
		if err == nil {
			t.Errorf("%s: the file was taken", c.name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %q, want it to say %q", c.name, err, want)
			}
		}
	}
}

func TestAllFaultsAreToldAtOnceInTheOrderOfTheirLines(t *testing.T) {
	text := strings.NewReplacer("10s", "soon", "type: int", "type: whole", "minimise", "down").Replace(good)
	_, err := Parse([]byte(text))
	f, ok := err.(*FormatError)
	if !ok || len(f.Problems) != 3 || f.Problems[0].Line != 2 || f.Problems[1].Line != 6 || f.Problems[2].Line != 9 {
		t.Errorf("got %v, want faults of lines 2, 6 and 9", err)
	}
	for _, text := range []string{"", "# nothing\n", "[]", "a", "{}", strings.Repeat("#", longestFile+1)} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("a file of %d bytes that describes nothing was taken", len(text))
		}
	}
}

func TestShippedFilesAreRight(t *testing.T) {
	names, err := filepath.Glob("../../../templates/tasks/*.yaml")
	if err != nil || len(names) < 2 {
		t.Fatalf("found task files %v (%v), want the example and autoresearch", names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFileInTheReadmeIsRightAndShort(t *testing.T) {
	b, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatal("the README shows no task file")
	}
	if _, err := Parse([]byte(text)); err != nil {
		t.Errorf("the README's task file: %v", err)
	}
	if n := strings.Count(text, "\n"); n > 20 {
		t.Errorf("the README's task file has %d lines, want at most 20", n)
	}
}

// No text may make the parser panic, and what it takes has a default point that it can write out.
func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("parameters: [*x]\nname: &x {}\n")
	f.Add("objective: {json: a}\nseed: {file: a, line: '{seed}'}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse([]byte(text))
		if err != nil {
			return
		}
		if args, _ := file.invocation(file.values(file.Space.Default(), 1)); len(args) == 0 {
			t.Error("a file was taken that runs nothing")
		}
	})
}

func TestTheValueHasAName(t *testing.T) {
	for objective, want := range map[string]mechanisms.Measure{
		`{pattern: '^val: (\S+)', direction: minimise}`:                                    {Name: "val"},
		`{pattern: '^\s*step \d+: acc=(\S+)', direction: maximise}`:                        {Name: "step", Higher: true},
		`{pattern: '(\d+)', direction: minimise}`:                                          {Name: "value"},
		`{json: metrics.val_acc, direction: maximise}`:                                     {Name: "val_acc", Higher: true},
		`{pattern: '^val: (\S+)', direction: maximise, name: accuracy on held-out images}`: {Name: "accuracy on held-out images", Higher: true},
	} {
		f, err := Parse([]byte(strings.Replace(good, `{pattern: '^val: (\S+)', direction: minimise}`, objective, 1)))
		if err != nil || f.Space.Measure != want {
			t.Errorf("%s: %+v (%v), want %+v", objective, f.Space.Measure, err, want)
		}
	}
	plain, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	named, err := Parse([]byte(strings.Replace(good, "minimise}", "minimise, name: other}", 1)))
	if err != nil || plain.Space.Hash() != named.Space.Hash() {
		t.Errorf("the points are others when the value has another name (%v)", err)
	}
}
