//go:build unix

package task

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const commandFile = `name: toy
timeout: 20s
command: [sh, train.sh]
parameters: [{name: LR, type: float, range: [0, 1], default: 0.5, env: LR}]
objective: {pattern: '^acc: (\S+)', direction: maximise}
`

// commandSpec writes a task file and its script, and reads it.
func commandSpec(t *testing.T, file, body string) (s Spec, folder string) {
	t.Helper()
	t.Setenv("BILEVEL_CACHE", t.TempDir())
	folder = t.TempDir()
	for name, text := range map[string]string{"task.yaml": file, "train.sh": body} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ReadCommand(filepath.Join(folder, "task.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s, folder
}

func openSpec(t *testing.T, s Spec) Task {
	t.Helper()
	task, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func none(Progress) {}

func TestNoiseIsWhatTheFileSays(t *testing.T) {
	s, _ := commandSpec(t, commandFile+"noise: 0.002\n", "echo acc: 1")
	if n := Noise(openSpec(t, s)); n != 0.002 {
		t.Errorf("got %v, want 0.002", n)
	}
	if n := Noise(openSpec(t, Spec{Kind: KindSurface})); n != 0 {
		t.Errorf("a formula has noise %v, want 0", n)
	}
}

func TestAValueToBeMaximisedIsNegatedAndTheModelIsTold(t *testing.T) {
	s, _ := commandSpec(t, commandFile, "echo acc: $LR")
	task := openSpec(t, s)
	if m := task.Space().Measure; m != (mechanisms.Measure{Name: "acc", Higher: true}) || m.Own(-0.75) != 0.75 {
		t.Errorf("the value is shown as %+v, want acc with its own sign", m)
	}
	r, err := task.Train(t.Context(), mechanisms.Point{0.75}, 1, none)
	if err != nil || r.BPB != -0.75 {
		t.Errorf("got %v (%v), want -0.75", r.BPB, err)
	}
	if d := task.Describe(); !strings.Contains(d, "called acc; higher is better") || !strings.Contains(d, "not deterministic") {
		t.Errorf("the description does not say how to read the value:\n%s", d)
	}
}

// The curve reaches whoever prunes while the program runs, and the record; lower is better in it too.
func TestACommandHasALearningCurve(t *testing.T) {
	s, _ := commandSpec(t, commandFile+"curve: '(?P<percent>\\d+)%: acc (?P<value>\\S+)'\n", `for i in 1 2 3 4 5; do echo "${i}0%: acc 0.$i"; done; echo acc: 0.9`)
	var told []mechanisms.Sample
	r, err := openSpec(t, s).Train(t.Context(), mechanisms.Point{0.75}, 1, func(p Progress) {
		if p.Curve != nil {
			told = append(told, *p.Curve)
		}
	})
	want := []mechanisms.Sample{{Fraction: 0.1, BPB: -0.1}, {Fraction: 0.2, BPB: -0.2}, {Fraction: 0.3, BPB: -0.3}, {Fraction: 0.4, BPB: -0.4}, {Fraction: 0.5, BPB: -0.5}}
	if err != nil || !slices.Equal(told, want) || !slices.Equal(r.Curve, want) {
		t.Errorf("told %v, recorded %v (%v); want %v", told, r.Curve, err, want)
	}
}

func TestOnlyCommandsThatSaySoAreRemembered(t *testing.T) {
	s, _ := commandSpec(t, commandFile, "echo acc: 1")
	p := mechanisms.Point{0.5}
	if c := openSpec(t, s).Content(p, 1); c != "" {
		t.Errorf("a command that is not deterministic has content %q", c)
	}
	seen := map[string]bool{}
	s, _ = commandSpec(t, commandFile+"deterministic: true\n", "echo acc: 1")
	task := openSpec(t, s)
	for _, c := range []string{task.Content(p, 1), task.Content(p, 2), task.Content(mechanisms.Point{0.25}, 1)} {
		seen[c] = true
	}
	other, _ := commandSpec(t, commandFile+"deterministic: true\n", "echo acc: 2")
	seen[openSpec(t, other).Content(p, 1)] = true
	if len(seen) != 4 || seen[""] {
		t.Errorf("got contents %v, want four that differ: by seed, by point, by script", seen)
	}
}

// A recorded spec goes on with the text and the folder as they were.
func TestARecordedCommandOutlivesItsFiles(t *testing.T) {
	s, folder := commandSpec(t, commandFile, "echo acc: 1")
	recorded := Prepared(openSpec(t, s), s)
	if err := os.WriteFile(filepath.Join(folder, "train.sh"), []byte("echo acc: 2"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "task.yaml")); err != nil {
		t.Fatal(err)
	}
	if r, err := openSpec(t, recorded).Train(t.Context(), mechanisms.Point{0.5}, 1, none); err != nil || r.BPB != -1 {
		t.Errorf("got %v (%v), want -1 from the recorded script", r.BPB, err)
	}
	t.Setenv("BILEVEL_CACHE", t.TempDir()) // the copy is gone
	if _, err := Open(t.Context(), recorded); err == nil || !strings.Contains(err.Error(), "has changed since the run was made") {
		t.Errorf("got %v, want a refusal of the changed folder", err)
	}
	recorded.File += "# edited\n"
	if _, err := Open(t.Context(), recorded); err == nil || !strings.Contains(err.Error(), "the record was changed") {
		t.Errorf("got %v, want a refusal of the changed record", err)
	}
}

func TestSpecsOfOneCommandAreTheSameUntilTheFileChanges(t *testing.T) {
	s, folder := commandSpec(t, commandFile, "echo acc: 1")
	recorded := Prepared(openSpec(t, s), s)
	if !recorded.Same(s) {
		t.Errorf("%s\nis not the same as\n%s", recorded, s)
	}
	if err := os.WriteFile(filepath.Join(folder, "task.yaml"), []byte(commandFile+"deterministic: true\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if other, err := ReadCommand(filepath.Join(folder, "task.yaml")); err != nil || recorded.Same(other) {
		t.Errorf("another text is the same (%v)", err)
	}
}

func TestACommandThatCannotBeTriedIsRefusedBeforeTheRun(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"[sh, train.sh]", "[no-such-program-here]", "line 3: command: program no-such-program-here is not found in PATH; install it"},
		{"env: LR", "file: gone.py", "source file gone.py: openat gone.py: no such file or directory; mend the key file"},
		{"env: LR", "file: train.sh", `file train.sh: no line looks like "LR = {LR}"; mend the keys file or line`},
		{"timeout:", "link: [data]\ntimeout:", "no such file or directory; make it, or take it out of the list"},
		{"timeout:", "folder: nowhere\ntimeout:", "folder: there is no folder"},
	} {
		s, _ := commandSpec(t, strings.Replace(commandFile, c.old, c.new, 1), "echo acc: 1")
		if _, err := Open(t.Context(), s); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "task file: line ") {
			t.Errorf("%s: got %v, want an error with a line of the task file and %q", c.new, err, c.want)
		}
	}
}

func TestAProgramSeesNoKeys(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "secret")
	s, _ := commandSpec(t, commandFile, `test -z "$DEEPSEEK_API_KEY" && echo acc: 1`)
	if _, err := openSpec(t, s).Train(t.Context(), mechanisms.Point{0.5}, 1, none); err != nil {
		t.Errorf("the program saw a key: %v", err)
	}
}

func TestAFailureOfACommandCarriesItsStatus(t *testing.T) {
	s, _ := commandSpec(t, commandFile+"failures: [{pattern: 'out of memory', status: memory}]\nprogress: 'at (\\d+)'\n", "echo at 50; echo out of memory; exit 1")
	var shares []float64
	_, err := openSpec(t, s).Train(t.Context(), mechanisms.Point{0.5}, 1, func(p Progress) { shares = append(shares, p.Fraction) })
	if f, ok := errors.AsType[*Failure](err); !ok || f.Status != mechanisms.OutOfMem {
		t.Errorf("got %v, want a failure for memory", err)
	}
	if len(shares) != 1 || shares[0] != 0.5 {
		t.Errorf("got progress %v, want 0.5", shares)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openSpec(t, s).Train(ctx, mechanisms.Point{0.5}, 1, none); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}
