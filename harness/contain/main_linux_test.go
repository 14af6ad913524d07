package contain

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is both the tool and the program that it contains: with the first argument "contain" it is the tool.
// Deeds of the program are named by "do".
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Verb {
		os.Exit(Tool(os.Args[2:], os.Stdout, os.Stderr))
	}
	if len(os.Args) > 2 && os.Args[1] == "do" {
		deeds[os.Args[2]](os.Args[3:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// inside is a command of the test binary behind the walls of s; without walls, as it is.
func inside(t *testing.T, s Spec, args ...string) *exec.Cmd {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector does not run behind the walls")
	}
	offered, _ := Offered()
	for _, w := range s.Walls {
		if _, ok := offered[w]; !ok {
			t.Skipf("this kernel has no %s", w)
		}
	}
	line := append([]string{self(t)}, args...)
	if len(s.Walls) > 0 {
		line = append(s.Prefix(self(t)), line...)
	}
	c := exec.Command(line[0], line[1:]...)
	c.WaitDelay = 20 * time.Second
	c.Env = []string{"LANG=C.UTF-8"}
	return c
}

func output(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(c.Args, " "), err, errs.String())
	}
	return string(out)
}

// tried is what a program found that tried everything behind these walls, by what it tried.
func tried(t *testing.T, out string) map[string]Attempt {
	t.Helper()
	var all []Attempt
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != len(attempts) {
		t.Fatalf("%d attempts, %v, want %d, in %q", len(all), err, len(attempts), out)
	}
	found := map[string]Attempt{}
	for _, a := range all {
		found[a.What] = a
	}
	return found
}

// copyOf puts a copy of the test binary into a folder.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "next")
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// ended reports how a process ended by signal.
func ended(err error) syscall.Signal {
	e, ok := err.(*exec.ExitError)
	if !ok {
		return 0
	}
	return e.Sys().(syscall.WaitStatus).Signal()
}
