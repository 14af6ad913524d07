package contain

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// held is everything, as a runner is held.
var held = Spec{Walls: Walls(), Memory: RunnerMemory}

func TestEverythingTriedIsOpenWithoutWalls(t *testing.T) {
	for what, a := range tried(t, output(t, inside(t, Spec{}, "contain", "--try"))) {
		if !a.Open {
			t.Errorf("%s: refused with %s, but there is no wall: the attempt shows nothing", what, a.Error)
		}
	}
}

func TestNothingTriedIsOpenBehindAllWalls(t *testing.T) {
	for what, a := range tried(t, output(t, inside(t, held, "contain", "--try"))) {
		if a.Open {
			t.Errorf("%s: possible behind %v (%s)", what, Walls(), a.Error)
		}
	}
}

// Where a kernel lacks one of the two, most stays closed.
func TestWallsOverlap(t *testing.T) {
	for wall, closed := range map[Wall][]string{
		Landlock: {"read files", "list folders", "write files"},
		Seccomp: {"list folders", "write files", "use TCP", "use UDP", "start processes", "signal other processes",
			"trace other processes", "change its limits"},
	} {
		found := tried(t, output(t, inside(t, Spec{Walls: []Wall{wall}}, "contain", "--try")))
		for _, what := range closed {
			if found[what].Open {
				t.Errorf("%s alone: %s is possible", wall, what)
			}
		}
	}
}

// A hand-over: the program becomes another of the folder, and that one is held as it was.
func TestWallsHoldAcrossExec(t *testing.T) {
	s := held
	dir := t.TempDir()
	s.Allow = []string{dir}
	out := output(t, inside(t, s, "do", "become", copyOf(t, dir), "contain", "--try"))
	for what, a := range tried(t, out) {
		if a.Open {
			t.Errorf("%s: possible after the hand-over", what)
		}
	}
}

func TestOnlyWhatIsAllowedIsExecuted(t *testing.T) {
	s := held
	s.Allow = []string{t.TempDir()}
	for _, path := range []string{"/bin/true", copyOf(t, t.TempDir())} {
		if out := output(t, inside(t, s, "do", "become", path)); !strings.Contains(out, "permission denied") {
			t.Errorf("exec of %s: %q, want permission denied", path, out)
		}
	}
}

// A folder that is filled after the walls are up is what a run's folder of binaries is.
func TestAProgramThatIsMadeLaterIsExecuted(t *testing.T) {
	s := held
	dir := t.TempDir()
	s.Allow = []string{dir}
	c := inside(t, s, "do", "become-when-told", dir+"/next", "contain", "--try")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v; want ready", line, err)
	}
	copyOf(t, dir)
	fmt.Fprintln(in)
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	tried(t, line)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

func TestOnlyTheFirstDescriptorsAndNoSecretsAreInherited(t *testing.T) {
	s := held
	s.Descriptors = 4
	c := inside(t, s, "do", "inventory")
	c.Env = append(c.Env, "DEEPSEEK_API_KEY=sk-secret", "HOME=/root", "LD_PRELOAD=")
	for range 3 {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		c.ExtraFiles = append(c.ExtraFiles, r)
	}
	if got, want := output(t, c), "descriptors 0 1 2 3\nenvironment LANG=C.UTF-8\n"; got != want {
		t.Errorf("the program found %q, want %q", got, want)
	}
}

func TestAGoProgramComputesBehindTheWalls(t *testing.T) {
	if got := output(t, inside(t, held, "do", "compute")); got != "computed\n" {
		t.Errorf("%q, want computed", got)
	}
}

func TestMemoryAndProcessorTimeAreBounded(t *testing.T) {
	s := held
	s.Memory, s.CPU = 2<<30, time.Second
	out, err := inside(t, s, "do", "allocate").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "out of memory") {
		t.Errorf("allocation without end: %v: %.200s; want it to run out of memory", err, out)
	}
	if err := inside(t, s, "do", "spin").Run(); ended(err) != syscall.SIGKILL && ended(err) != syscall.SIGXCPU {
		t.Errorf("endless loop: %v, want it ended by the limit of processor time", err)
	}
}

// A runner bounds its own memory when it starts, whichever walls stand.
func TestAProgramMayBoundItsMemoryAndNotUnboundIt(t *testing.T) {
	if got, want := output(t, inside(t, held, "do", "bound")), "<nil>\noperation not permitted\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := output(t, inside(t, Spec{Walls: []Wall{Seccomp}}, "do", "bound")); !strings.HasPrefix(got, "<nil>\n") {
		t.Errorf("behind seccomp alone: %q, want it to be let through", got)
	}
}

// The walls take privileges away; that must not undo the order to die with whoever started it.
func TestAContainedProgramDiesWithItsParent(t *testing.T) {
	inside(t, held) // skips where there are no walls
	c := exec.Command(self(t), "do", "parent")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanln(out, &pid); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the loop runs contained", func() bool {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return strings.HasPrefix(string(b), self(t)+"\x00do\x00spin")
	})
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	waitFor(t, "the loop is gone", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(b), ") Z ")
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond) // there is no event to wait for
	}
	t.Fatalf("waited 10 s in vain: %s", what)
}

func TestAWallThatCannotBePutUpIsAnError(t *testing.T) {
	c := inside(t, held, append(held.Prefix(self(t))[1:], self(t), "do", "compute")...)
	out, err := c.CombinedOutput()
	var e *exec.ExitError
	if !errors.As(err, &e) || e.ExitCode() != ExitFailed || !strings.Contains(string(out), "wall landlock") {
		t.Errorf("walls within walls: %v: %s; want exit code %d and the wall named", err, out, ExitFailed)
	}
}
