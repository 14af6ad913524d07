//go:build unix

package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A bench is a folder with a script, and a task file for it.
type bench struct {
	folder, cache string
	file          *File
}

// script makes a folder with train.sh, and a file whose text is head, and an objective unless head has one.
func script(t *testing.T, head, body string) bench {
	t.Helper()
	b := bench{folder: t.TempDir(), cache: t.TempDir()}
	write(t, filepath.Join(b.folder, "train.sh"), body)
	if !strings.Contains(head, "parameters:") {
		head += "parameters: [{name: LR, type: float, range: [0, 1], default: 0.5, env: LR}]\n"
	}
	if !strings.Contains(head, "objective:") {
		head += "objective: {pattern: '^val: (\\S+)', direction: minimise}\n"
	}
	if !strings.Contains(head, "timeout:") {
		head += "timeout: 20s\n"
	}
	var err error
	if b.file, err = Parse([]byte("name: toy\ncommand: [sh, train.sh]\n" + head)); err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func (b bench) trial(t *testing.T) Trial {
	t.Helper()
	copied, _, err := Snapshot(t.Context(), b.folder, b.cache, b.file)
	if err != nil {
		t.Fatal(err)
	}
	return Trial{File: b.file, Copied: copied, Origin: b.folder, Cache: b.cache, Environ: os.Environ(), Point: b.file.Space.Default(), Seed: 9}
}

func (b bench) run(t *testing.T) Outcome {
	t.Helper()
	o, err := b.trial(t).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestEveryWayOfPassingAValueReachesTheProgram(t *testing.T) {
	b := script(t, `
environment: {FIXED: "two words"}
seed: {file: train.sh, line: "SEED={seed}"}
parameters:
  - {name: A, type: float, range: [0, 1], default: 0.25, flag: --a}
  - {name: B, type: pow2, range: [1, 1024], default: 64, flag: --b=}
  - {name: C, type: int, range: [1, 9], default: 3, env: C_VALUE}
  - {name: D, type: float, range: [1e-6, 1], default: 1e-5, file: train.sh, line: "PAIR='{D} {E}'"}
  - {name: E, type: choice, choices: [relu, gelu], default: gelu}
`, "SEED=1\nPAIR='0 x' # two\n"+`echo "got: $1|$2|$3|$C_VALUE|$PAIR|$FIXED|$SEED"; echo "val: 1.5"`)
	o := b.run(t)
	if want := "got: --a|0.25|--b=64|3|1e-05 gelu|two words|9"; len(o.Last) == 0 || o.Last[0] != want {
		t.Errorf("got %q, want %q", o.Last, want)
	}
	if o.Status != mechanisms.Complete || o.Value != 1.5 || len(o.Edits) != 2 {
		t.Errorf("got %s, value %v, %d edits; want complete, 1.5, 2", o.Status, o.Value, len(o.Edits))
	}
}

func TestWhatBecameOfATrialIsTold(t *testing.T) {
	const signs = `failures:
  - {pattern: 'CUDA out of memory', status: memory}
  - {pattern: '^FAIL$', status: diverged}
  - {pattern: 'assert batch', status: refused}
`
	for _, c := range []struct {
		name, head, body string
		want             mechanisms.Status
		reason           string
	}{
		{"value", signs, `echo "val: 0.9"`, mechanisms.Complete, ""},
		{"warning that looks like a failure", signs, `echo "CUDA out of memory, retrying"; echo "val: 0.9"`, mechanisms.Complete, ""},
		{"memory", signs, `echo "RuntimeError: CUDA out of memory. Tried 2 GiB" >&2; exit 1`, mechanisms.OutOfMem, "Tried 2 GiB"},
		{"memory after a value", signs, `echo "val: 0.9"; echo "CUDA out of memory"; exit 1`, mechanisms.OutOfMem, "exit status 1"},
		{"diverged", signs, `echo FAIL; exit 1`, mechanisms.Diverged, "FAIL"},
		{"refused", signs, `echo "    assert batch % 2 == 0"; echo AssertionError; exit 1`, mechanisms.Refused, "assert batch"},
		{"crashed", signs, `echo "Traceback"; echo "KeyError: x" >&2; exit 3`, mechanisms.Crashed, "exit status 3; its last words: Traceback; KeyError: x"},
		{"crashed in silence", signs, `exit 2`, mechanisms.Crashed, "it printed nothing"},
		{"fault", signs, `kill -SEGV $$`, mechanisms.Crashed, "segmentation fault"},
		{"killed", signs, `kill -KILL $$`, mechanisms.Killed, "killed"},
		{"child killed", signs, `sh -c 'kill -KILL $$'; exit $?`, mechanisms.Killed, "exit status 137"},
		{"no value", signs, `echo "done"`, mechanisms.Unparsed, "its last words: done"},
		{"no number", signs, `echo "val: none"`, mechanisms.Unparsed, `"none"`},
		{"nan", signs, `echo "val: nan"`, mechanisms.NotFinite, "NaN"},
		{"overflow", signs, `echo "val: 1e999"`, mechanisms.NotFinite, "Inf"},
		{"the last value counts", signs, `echo "val: 7"; printf 'val: 0.9'`, mechanisms.Complete, ""},
		{"carriage returns", signs, `printf '\rstep 1\rstep 2\rval: 0.9\rstep 3'`, mechanisms.Complete, ""},
		{"colours", signs, `printf '\033[32mval: 0.9\033[0m\n'`, mechanisms.Complete, ""},
		{"late", "timeout: 200ms\n", `echo begun; sleep 60`, mechanisms.TimedOut, "no end after 200ms; its last words: begun"},
		{"json line", "objective: {json: m.0.v, direction: maximise}\n", `echo '{"m": [{"v": 0.9}]}'; echo bye`, mechanisms.Complete, ""},
		{"json without the key", "objective: {json: m.w, direction: maximise}\n", `echo '{"m": {"v": 0.9}}'`, mechanisms.Unparsed, "nothing at m.w"},
		{"json file", "objective: {json: v, file: out/r.json, direction: maximise}\n", `mkdir -p out; echo '{"v": 0.9}' > out/r.json`, mechanisms.Complete, ""},
		{"no json file", "objective: {json: v, file: r.json, direction: maximise}\n", `true`, mechanisms.Unparsed, "left no file r.json"},
		{"json file is a pipe", "objective: {json: v, file: r.json, direction: maximise}\n", `mkfifo r.json`, mechanisms.Unparsed, "no regular file"},
		{"json file leads outside", "objective: {json: v, file: r.json, direction: maximise}\n", `ln -s /etc/passwd r.json`, mechanisms.Unparsed, "r.json"},
		{"json nan", "objective: {json: v, direction: minimise}\n", `echo '{"v": "NaN"}'`, mechanisms.NotFinite, "NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := script(t, c.head, c.body).run(t)
			if o.Status != c.want || !strings.Contains(o.Reason, c.reason) || (c.reason == "") != (o.Reason == "") {
				t.Errorf("got %s (%s), want %s (%s)", o.Status, o.Reason, c.want, c.reason)
			}
			if o.Status == mechanisms.Complete && o.Value != 0.9 {
				t.Errorf("got value %v, want 0.9", o.Value)
			}
		})
	}
}

// A result that lay in the folder before is no result of this trial.
func TestAnOldResultDoesNotCount(t *testing.T) {
	b := script(t, "objective: {json: v, file: r.json, direction: minimise}\n", "true")
	write(t, filepath.Join(b.folder, "r.json"), `{"v": 0.1}`)
	if o := b.run(t); o.Status != mechanisms.Unparsed {
		t.Errorf("got %s with value %v, want unparsed", o.Status, o.Value)
	}
}

func TestEveryTrialHasItsOwnCopyAndTheUsersFolderIsLeftAlone(t *testing.T) {
	b := script(t, "link: [data]\nexclude: ['*.log']\n", `ls > left.txt; test -e mark && echo "seen: mark"; touch mark; test -e old.log && echo "seen: old.log"; cat data/x; LR=1; echo "val: 1"`)
	write(t, filepath.Join(b.folder, "data", "x"), "far\n")
	write(t, filepath.Join(b.folder, "old.log"), "")
	write(t, filepath.Join(b.folder, ".git", "HEAD"), "")
	trial := b.trial(t)
	for range 2 {
		o, err := trial.Run(t.Context())
		if err != nil || strings.Join(o.Last, " ") != "far val: 1" {
			t.Errorf("got output %q (%v), want what is linked and nothing of another trial or of what is excluded", o.Last, err)
		}
	}
	entries, err := os.ReadDir(b.folder)
	if err != nil || len(entries) != 4 {
		t.Errorf("the user's folder has %v (%v), want the four entries it had", entries, err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.cache, "trials", "*")); len(left) != 0 {
		t.Errorf("trials left %v", left)
	}
}

func TestAnEditDoesNotFollowALinkOutOfTheCopy(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "theirs.py")
	write(t, outside, "LR = 1\n")
	b := script(t, "parameters: [{name: LR, type: float, range: [0, 1], default: 0.5, file: mine.py}]\n", "echo 'val: 1'")
	if err := os.Symlink(outside, filepath.Join(b.folder, "mine.py")); err != nil {
		t.Fatal(err)
	}
	_, err := b.trial(t).Run(t.Context())
	if text, _ := os.ReadFile(outside); err == nil || string(text) != "LR = 1\n" {
		t.Errorf("the file outside is %q (%v), want it untouched and an error", text, err)
	}
}

func TestOutputIsBoundedAndCleaned(t *testing.T) {
	b := script(t, "", `awk 'BEGIN { for (i = 0; i < 200000; i++) printf "%s", "0123456789012345678901234567890123456789"; print ""; for (i = 0; i < 100000; i++) print "noise", i }'
printf 'evil\033[31m\033]0;title\007 \342\200\256text\000\n'; exit 1`)
	o := b.run(t)
	if o.Bytes < 8<<20 {
		t.Fatalf("the program printed %d bytes, want more than 8 MiB", o.Bytes)
	}
	if len(o.Last) > linesKept || len(o.Reason) > 1000 {
		t.Errorf("kept %d lines and a reason of %d bytes, want at most %d and 1000", len(o.Last), len(o.Reason), linesKept)
	}
	if !strings.HasSuffix(o.Reason, "noise 99998; noise 99999; evil text") {
		t.Errorf("got reason %q, want its end without what steers a terminal", o.Reason)
	}
	for _, line := range o.Last {
		if len(line) > 400 || strings.ContainsAny(line, "\x1b\x00\u202e") {
			t.Errorf("line %q was not cleaned", line)
		}
	}
}

func TestProgressIsReadFromTheOutput(t *testing.T) {
	b := script(t, "progress: '\\((\\d+)%\\)'\n", `printf 'step (25%%)\rstep (400%%)\rstep (50%%)\r'; echo "val: 1"`)
	trial := b.trial(t)
	var got []float64
	trial.Progress = func(x float64) { got = append(got, x) }
	if _, err := trial.Run(t.Context()); err != nil || len(got) != 2 || got[0] != 0.25 || got[1] != 0.5 {
		t.Errorf("got %v (%v), want 0.25 and 0.5", got, err)
	}
}

func TestACancelledTrialEndsWithTheCause(t *testing.T) {
	b := script(t, "progress: 'at (\\d+)'\n", `echo "at 1"; sleep 60`)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	trial := b.trial(t)
	trial.Progress = func(float64) { cancel(cause) }
	if _, err := trial.Run(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestTheCopyInTheCacheIsHeldToItsHash(t *testing.T) {
	b := script(t, "", "echo 'val: 1'")
	copied, hash, err := Snapshot(t.Context(), b.folder, b.cache, b.file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(b.folder, "train.sh"), "echo 'val: 2'")
	if o := (Trial{File: b.file, Copied: copied, Cache: b.cache, Environ: os.Environ(), Point: b.file.Space.Default()}); true {
		if got, err := o.Run(t.Context()); err != nil || got.Value != 1 {
			t.Errorf("after the user edited the script a trial gave %v (%v), want 1 as before", got.Value, err)
		}
	}
	if _, other, err := Snapshot(t.Context(), b.folder, b.cache, b.file); err != nil || other == hash {
		t.Errorf("the edited folder has hash %s (%v), want another than before", other, err)
	}
	write(t, filepath.Join(copied, "train.sh"), "echo 'val: 3'")
	if _, err := Recorded(t.Context(), b.cache, hash); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a copy that was changed was taken: %v", err)
	}
}

func TestALargeFolderIsRefusedWithTheRemedy(t *testing.T) {
	b := script(t, "", "true")
	big := filepath.Join(b.folder, "big.bin")
	write(t, big, "")
	if err := os.Truncate(big, mostBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Snapshot(t.Context(), b.folder, b.cache, b.file); err == nil || !strings.Contains(err.Error(), "big.bin") || !strings.Contains(err.Error(), "link:") {
		t.Errorf("got %v, want an error that names the file and link:", err)
	}
}
