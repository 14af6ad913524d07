//go:build unix

package child

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is the program that the tests run: the first argument says what it does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "child:") {
		act(strings.TrimPrefix(os.Args[1], "child:"))
		return
	}
	os.Exit(m.Run())
}

func act(what string) {
	switch what {
	case "env":
		os.Stdout.WriteString(strings.Join(os.Environ(), "\n"))
	case "shout":
		for {
			os.Stdout.WriteString(strings.Repeat("x", 4096))
		}
	case "fail":
		os.Stderr.WriteString("the reason\x1b[31m is this\n")
		os.Exit(3)
	case "hang":
		time.Sleep(time.Minute)
	case "spin":
		for i := 0; i >= 0; i++ {
		}
	case "spawn":
		c := exec.Command(os.Args[0], "child:hang")
		if err := c.Start(); err != nil {
			panic(err)
		}
		os.Stdout.WriteString(strconv.Itoa(c.Process.Pid))
	case "within":
		if os.Args[2] == "fail" {
			os.Exit(NotStarted)
		}
		if err := syscall.Exec(os.Args[3], os.Args[3:], append(os.Environ(), "HELD=yes")); err != nil {
			panic(err)
		}
	case "allocate":
		var keep [64][]byte
		for k := range keep {
			keep[k] = make([]byte, 64<<20)
			for i := 0; i < len(keep[k]); i += 4096 {
				keep[k][i] = 1
			}
		}
		os.Stdout.WriteString(strconv.Itoa(len(keep)))
	}
}

func self(what string) Command {
	return Command{Path: os.Args[0], Args: []string{"child:" + what}, Limit: 20 * time.Second}
}

func TestNothingOfOurEnvironmentIsInherited(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "secret")
	res, err := Run(context.Background(), self("env"))
	if err != nil || len(res.Stdout) != 0 {
		t.Errorf("environment of the program: %q, %v; want none", res.Stdout, err)
	}
}

func TestAProgramIsStartedWithinAnother(t *testing.T) {
	c := self("env")
	c.Within = []string{os.Args[0], "child:within", "--"}
	res, err := Run(context.Background(), c)
	if err != nil || string(res.Stdout) != "HELD=yes" {
		t.Errorf("%q, %v; want what the other program put into the environment", res.Stdout, err)
	}
	c.Within[2] = "fail"
	var f *Failure
	if _, err := Run(context.Background(), c); !errors.As(err, &f) || f.Status != NotStarted {
		t.Errorf("error %v, want a Failure with status %d", err, NotStarted)
	}
}

func TestEndsAreTold(t *testing.T) {
	hang, shout := self("hang"), self("shout")
	hang.Limit = 50 * time.Millisecond
	shout.MaxOutput = 10_000
	for what, c := range map[string]Command{
		"exit status 3: the reason[31m is this": self("fail"),
		"not done after 50ms and was ended":     hang,
		"wrote more than 10000 bytes":           shout,
	} {
		_, err := Run(context.Background(), c)
		var f *Failure
		if !errors.As(err, &f) || !strings.Contains(err.Error(), what) {
			t.Errorf("%v: error %v, want a Failure with %q", c.Args, err, what)
		}
	}
}

func TestCancelIsNotAFailureOfTheProgram(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := Run(ctx, self("hang"))
	var f *Failure
	if !errors.Is(err, context.Canceled) || errors.As(err, &f) {
		t.Errorf("error %v, want context.Canceled and no Failure", err)
	}
}

func TestDescendantsDoNotOutliveTheProgram(t *testing.T) {
	res, err := Run(context.Background(), self("spawn"))
	pid, convErr := strconv.Atoi(string(res.Stdout))
	if convErr != nil {
		t.Fatalf("spawn printed %q, %v", res.Stdout, err)
	}
	for range 200 {
		// A zombie still answers signal 0, so ask the system what state the process is in.
		stat, statErr := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if statErr != nil && syscall.Kill(pid, 0) != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d still runs after its parent ended", pid)
}

func TestProcessorTimeIsBounded(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("needs Linux")
	}
	c := self("spin")
	c.MaxCPU, c.Limit = time.Second, time.Minute
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "not done after 1s of processor time") {
		t.Errorf("error %v, want the limit of processor time", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil || racing {
		t.Skip("needs Linux, and a program without the race detector")
	}
	c := self("allocate")
	c.MaxMemory = 2 << 30
	_, err := Run(context.Background(), c)
	if err == nil || !strings.Contains(err.Error(), "exit status 2: fatal error:") || !strings.Contains(err.Error(), "memory") {
		t.Errorf("error %v, want the program's out-of-memory death", err)
	}
}
