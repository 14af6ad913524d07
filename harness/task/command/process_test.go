//go:build unix

package command

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets this binary be a process that runs a program and is killed.
func TestMain(m *testing.M) {
	if body := os.Getenv("COMMAND_TEST_VICTIM"); body != "" {
		_, err := run(context.Background(), invocation{args: []string{"sh", "-c", body}, env: os.Environ(), dir: "."}, time.Hour, os.Stdout)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// family is a script that starts a grandchild beside itself; each holds the named pipe open, so that a reader of it sees its end
// when all of them are gone.
func family(t *testing.T) (body string, gone func() error) {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	// Reading and writing, so that this open does not wait for a writer; the script's descriptors count, this one is closed.
	f, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	body = fmt.Sprintf(`exec 9>%s; (trap '' TERM HUP INT; sh -c 'sleep 100' & sleep 100) & echo "up: 1"; wait`, pipe)
	return body, func() error {
		f.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err := io.Copy(io.Discard, f)
		return err
	}
}

func TestTheWholeGroupEndsOnTimeOut(t *testing.T) {
	body, gone := family(t)
	e, err := run(t.Context(), invocation{args: []string{"sh", "-c", body}, env: os.Environ(), dir: t.TempDir()}, 300*time.Millisecond, io.Discard)
	if err != nil || !e.late {
		t.Fatalf("got %+v, %v; want it late", e, err)
	}
	if err := gone(); err != nil {
		t.Errorf("after the time-out part of the group is alive: %v", err)
	}
}

func TestTheWholeGroupEndsWithTheProgram(t *testing.T) {
	body, gone := family(t)
	body = strings.Replace(body, "; wait", "", 1)
	began := time.Now()
	e, err := run(t.Context(), invocation{args: []string{"sh", "-c", body}, env: os.Environ(), dir: t.TempDir()}, time.Minute, io.Discard)
	if err != nil || e.late || e.exit != nil {
		t.Fatalf("got %+v, %v; want a good end", e, err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("run waited %v for a process that outlived the program", took)
	}
	if err := gone(); err != nil {
		t.Errorf("after the program's end part of the group is alive: %v", err)
	}
}

func TestTheWholeGroupEndsWhenTheTrainerIsKilled(t *testing.T) {
	body, gone := family(t)
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), "COMMAND_TEST_VICTIM="+body)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "up: 1\n" {
		t.Fatalf("the family said %q (%v), want up: 1", line, err)
	}
	victim.Process.Kill()
	victim.Wait()
	if err := gone(); err != nil {
		t.Errorf("after the trainer was killed part of the group is alive: %v", err)
	}
}

func TestAProgramThatLeavesItsGroupDoesNotHoldTheTrialUp(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid here")
	}
	began := time.Now()
	pid := filepath.Join(t.TempDir(), "pid")
	t.Cleanup(func() { // the test ends what the package says it does not reach
		var n int
		if b, err := os.ReadFile(pid); err == nil {
			if _, err := fmt.Sscan(string(b), &n); err == nil && n > 1 {
				syscall.Kill(n, syscall.SIGKILL)
			}
		}
	})
	body := fmt.Sprintf(`setsid sh -c 'echo $$ > %[1]s.new; mv %[1]s.new %[1]s; exec sleep 40' & while ! test -e %[1]s; do sleep 0.01; done`, pid)
	if _, err := run(t.Context(), invocation{args: []string{"sh", "-c", body}, env: os.Environ(), dir: t.TempDir()}, time.Minute, io.Discard); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("run took %v", took)
	}
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	_, err := run(t.Context(), invocation{args: []string{"./nothing"}, dir: t.TempDir()}, time.Minute, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "./nothing") {
		t.Errorf("got %v, want an error that names the program", err)
	}
}

// What a killed trainer left is swept; what a living one uses is not.
func TestFoldersOfTheDeadAreSwept(t *testing.T) {
	cache := t.TempDir()
	mine, err := takeScratch(cache)
	if err != nil {
		t.Fatal(err)
	}
	defer mine.remove()
	dead := filepath.Join(cache, "trials", "trial-1")
	write(t, filepath.Join(dead, "sub", "x"), "")
	write(t, dead+lockSuffix, "")
	if err := os.Chmod(filepath.Join(dead, "sub"), 0o500); err != nil {
		t.Fatal(err)
	}
	other, err := takeScratch(cache)
	if err != nil {
		t.Fatal(err)
	}
	defer other.remove()
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("the folder of a dead trial is still there: %v", err)
	}
	if _, err := os.Stat(mine.dir); err != nil {
		t.Errorf("the folder of a living trial was swept: %v", err)
	}
}
