//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// killRun is the run that is killed: long enough for two mechanisms to be made, handed over to and replaced.
var killRun = []string{"evolve", "--task", "surface", "--trials", "23", "--seed", "7", "--json"}

// A run killed anywhere any number of times ends with the record of a run that was never killed: every proposal, outcome,
// decision, state, answer of the model, mechanism, binary and hand-over, byte for byte and in the same order.
func TestKillingARunAnywhereChangesNothing(t *testing.T) {
	tool := toolBinary(t)
	cache := killedDir(t)
	whole := filepath.Join(killedDir(t), "run")
	remember(t, tool, cache)
	startTool(t, tool, cache, whole).finish(t)
	want := readRecord(t, whole)
	if n := countKind(want, "switch"); n < 2 {
		t.Fatalf("the run that is never killed changes the mechanism %d times, want at least twice", n)
	}
	for _, c := range []struct {
		name   string
		every  int // events between two kills
		offset int
		victim func(*testing.T, *toolRun, evolve.Event)
	}{
		{"supervisor", 7, 3, killSupervisor},
		{"runner", 5, 2, killRunner},
		{"trainer", 4, 1, killTrainer},
		{"supervisor while a step of level 2 runs", 1, 0, killInLevel2},
		{"supervisor at the hand-over", 1, 0, killAtHandOver},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// The cache is the run's own, so that nothing is known from the run that was never killed; only builds are shared.
			dir, own := filepath.Join(killedDir(t), "run"), killedDir(t)
			remember(t, tool, own)
			kills, killed := 0, map[int]int{}
			for attempt := 1; ; attempt++ {
				r := startTool(t, tool, own, dir)
				done := r.watch(func(n int, e evolve.Event) {
					// A third kill at the same trial would be taken for the trial's or the mechanism's own doing.
					if (n+attempt)%c.every == c.offset%c.every && kills < 40 && killed[e.Seq] < 2 {
						before := r.kills
						c.victim(t, r, e)
						kills += r.kills - before
						killed[e.Seq] += r.kills - before
					}
				})
				if done {
					break
				}
				if attempt > 60 {
					t.Fatal("not done after 60 attempts")
				}
			}
			if kills < 2 {
				t.Errorf("only %d kills", kills)
			}
			compareRecords(t, readRecord(t, dir), want)
		})
	}
}

// What a person says is heard once, and in force from the same trial on, wherever the run is killed.
func TestKillingARunLosesNothingThatAPersonSaid(t *testing.T) {
	tool := toolBinary(t)
	spoken := func(dir, cache string) {
		startTool(t, tool, cache, dir, "--trials", "4").finish(t)
		for _, words := range [][]string{{"Raise MATRIX_LR."}, {"Change WEIGHT_DECAY, and leave MATRIX_LR alone."}} {
			if out, err := exec.Command(tool, append([]string{"guide", dir}, words...)...).CombinedOutput(); err != nil {
				t.Fatalf("guide: %v\n%s", err, out)
			}
		}
	}
	whole := filepath.Join(killedDir(t), "run")
	spoken(whole, killedDir(t))
	startTool(t, tool, killedDir(t), whole, "--trials", "9").finish(t)
	want := readRecord(t, whole)
	if n := countKind(want, "guidance"); n != 2 {
		t.Fatalf("the run that is never killed heard %d words, want 2", n)
	}
	dir, cache := filepath.Join(killedDir(t), "run"), killedDir(t)
	spoken(dir, cache)
	kills, heard := 0, 0
	for attempt := 1; ; attempt++ {
		r := startTool(t, tool, cache, dir, "--trials", "9")
		if r.watch(func(n int, e evolve.Event) {
			// As soon as each word is heard, and then now and then.
			if e.Kind == evolve.EventGuided || (n+attempt)%4 == 0 && kills < 12 {
				killSupervisor(t, r, e)
			}
			if e.Kind == evolve.EventGuided {
				heard++
			}
		}) {
			break
		}
		if kills += r.kills; attempt > 40 {
			t.Fatal("not done after 40 attempts")
		}
	}
	if kills < 2 || heard < 1 {
		t.Errorf("%d kills, %d of them as soon as a person was heard", kills, heard)
	}
	compareRecords(t, readRecord(t, dir), want)
}

// killedDir is a folder for a run or a cache whose owner is killed. What the owner had started may still write to it for a
// moment after the test, a compiler for one.
func killedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bilevel-killed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var err error
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
		}
		t.Errorf("remove %s: %v", dir, err)
	})
	return dir
}

// remember puts a lesson into the memory of a cache folder, for the run to be told.
func remember(t *testing.T, tool, cache string) {
	t.Helper()
	cmd := exec.Command(tool, "memory", "add", "--param", "WARMDOWN_RATIO", "--direction", "+1", "--effect", "-0.01", "A longer end was better.")
	cmd.Env = append(os.Environ(), "BILEVEL_CACHE="+cache, "BILEVEL_MEMORY=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("memory add: %v: %s", err, out)
	}
}

func killSupervisor(_ *testing.T, r *toolRun, _ evolve.Event) {
	r.kills++
	_ = r.cmd.Process.Kill()
}

func killRunner(_ *testing.T, r *toolRun, _ evolve.Event) {
	if r.runner != 0 && syscall.Kill(r.runner, syscall.SIGKILL) == nil {
		r.kills++
	}
}

func killTrainer(t *testing.T, r *toolRun, e evolve.Event) {
	if e.Kind != evolve.EventTraining && e.Kind != evolve.EventProposed {
		return
	}
	for _, pid := range childrenOf(t, r.cmd.Process.Pid) {
		if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && bytes.Contains(line, []byte("\x00trainer")) {
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				r.kills++
			}
		}
	}
}

// level2Kills says at which steps the supervisor was killed already, so that each is killed once.
func killInLevel2(_ *testing.T, r *toolRun, e evolve.Event) {
	if e.Kind != evolve.EventLevel2 || !e.Step.Running {
		return
	}
	key := fmt.Sprint(e.Seq, e.Step.Name)
	marker := filepath.Join(r.cache, "killed "+strings.ReplaceAll(key, "/", "-"))
	if _, err := os.Stat(marker); err != nil && os.WriteFile(marker, nil, 0o666) == nil {
		r.kills++
		_ = r.cmd.Process.Kill()
	}
}

func killAtHandOver(_ *testing.T, r *toolRun, e evolve.Event) {
	if e.Kind != evolve.EventHandover && e.Kind != evolve.EventInvented {
		return
	}
	marker := filepath.Join(r.cache, fmt.Sprint("killed ", e.Kind, e.Seq))
	if _, err := os.Stat(marker); err != nil && os.WriteFile(marker, nil, 0o666) == nil {
		r.kills++
		_ = r.cmd.Process.Kill()
	}
}

// A toolRun is one process of the tool.
type toolRun struct {
	cmd    *exec.Cmd
	out    *bufio.Scanner
	stderr bytes.Buffer
	cache  string
	runner int // pid
	kills  int
}

func startTool(t *testing.T, tool, cache, dir string, more ...string) *toolRun {
	t.Helper()
	r := &toolRun{cmd: exec.Command(tool, slices.Concat(killRun, []string{"--dir", dir}, more)...), cache: cache}
	r.cmd.Env = append(os.Environ(), "BILEVEL_CACHE="+cache, "BILEVEL_MEMORY=", "DEEPSEEK_API_KEY=", "OPENAI_API_KEY=")
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.out = bufio.NewScanner(out)
	r.out.Buffer(nil, 16<<20)
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	return r
}

// watch shows the events as they come and reports whether the tool ended well.
func (r *toolRun) watch(see func(n int, e evolve.Event)) bool {
	for n := 1; r.out.Scan(); n++ {
		var e evolve.Event
		if json.Unmarshal(r.out.Bytes(), &e) != nil {
			continue // the last line of a killed process may be half a one
		}
		if e.Kind == evolve.EventRunnerUp {
			r.runner = e.PID
		}
		see(n, e)
	}
	return r.cmd.Wait() == nil
}

func (r *toolRun) finish(t *testing.T) {
	t.Helper()
	if !r.watch(func(int, evolve.Event) {}) {
		t.Fatalf("%s: %s", strings.Join(r.cmd.Args, " "), r.stderr.String())
	}
}

// readRecord reads every event of a run, without what is for reports only.
func readRecord(t *testing.T, dir string) []store.Event {
	t.Helper()
	s, err := store.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events, err := s.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func compareRecords(t *testing.T, got, want []store.Event) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("event %d is missing: %s %s", i+1, want[i].Kind, want[i].Key)
		case i >= len(want):
			t.Fatalf("event %d is one too many: %s %s %.300s", i+1, got[i].Kind, got[i].Key, got[i].Body)
		case got[i].Kind != want[i].Kind || got[i].Key != want[i].Key || string(got[i].Body) != string(want[i].Body):
			at := firstDifference(got[i].Body, want[i].Body)
			t.Fatalf("event %d, from byte %d of its body: got  %s %s %.600s\nwant %s %s %.600s", i+1, at, got[i].Kind, got[i].Key, got[i].Body[at:], want[i].Kind, want[i].Key, want[i].Body[at:])
		}
	}
}

// firstDifference is a little before where two texts begin to differ.
func firstDifference(a, b []byte) int {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return max(0, at-60)
}

func countKind(events []store.Event, kind string) (n int) {
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// childrenOf finds the processes that a process started, where /proc tells.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, file := range tasks {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // the thread ended
		}
		for _, word := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(word); err == nil {
				all = append(all, n)
			}
		}
	}
	return all
}
