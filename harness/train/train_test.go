//go:build unix

package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// TestMain lets this binary be a trainer of the act task.
func TestMain(m *testing.M) {
	if os.Getenv("BILEVEL_TEST_TRAINER") != "" {
		open := func(_ context.Context, s task.Spec) (task.Task, error) {
			if s.Kind != "act" {
				return nil, fmt.Errorf("no task of kind %q", s.Kind)
			}
			return act{scratch: s.Surface}, nil
		}
		if err := Serve(context.Background(), os.Stdin, os.Stdout, open); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// What the act task does at a point is its first value.
const (
	actTrain = iota
	actNaN
	actDiverge
	actError
	actPanic
	actExit0
	actExit3
	actNoMemory
	actHang
	actGarbage
	actKillOnce
	actKillAlways
	actSegfault
	actCloseOutput
	actRefuse
	actLongLine
	actEnvironment
)

// act is a task that behaves as told. It notes every training in its scratch folder.
type act struct{ scratch string }

func (act) Space() mechanisms.Space                 { return mechanisms.Space{} }
func (act) Content(mechanisms.Point, uint64) string { return "" }
func (act) Describe() string                        { return "" }
func (act) Check(p mechanisms.Point) error {
	if p[0] == actRefuse {
		return &task.Failure{Status: mechanisms.OutOfMem, Reason: "plan of 99 GiB"}
	}
	return nil
}

func (a act) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(task.Progress)) (task.Result, error) {
	note, err := os.CreateTemp(a.scratch, fmt.Sprintf("trained-%v-*", p[0]))
	if err != nil {
		return task.Result{}, err
	}
	fmt.Fprint(note, os.Getpid())
	note.Close()
	first := func() bool {
		n, _ := filepath.Glob(filepath.Join(a.scratch, fmt.Sprintf("trained-%v-*", p[0])))
		return len(n) == 1
	}
	switch p[0] {
	case actNaN:
		progress(task.Progress{TrainBPB: math.NaN(), Curve: &mechanisms.Sample{Fraction: 0.5, BPB: 9}})
		return task.Result{BPB: math.NaN()}, nil
	case actDiverge:
		return task.Result{}, &task.Failure{Status: mechanisms.Diverged, Reason: "loss 101 at step 3"}
	case actError:
		return task.Result{}, errors.New("shard 3 is damaged")
	case actPanic:
		panic("index out of range [7]")
	case actExit0:
		os.Exit(0)
	case actExit3:
		fmt.Fprintln(os.Stderr, "\x1b[31mthe driver\x1b[0m is too old")
		os.Exit(3)
	case actNoMemory:
		fmt.Fprint(os.Stderr, "runtime: out of memory: cannot allocate 8589934592-byte block\nfatal error: out of memory\n\ngoroutine 1 [running]:\n"+strings.Repeat("main.f()\n", 2000))
		os.Exit(2)
	case actHang:
		<-make(chan int)
	case actGarbage:
		fmt.Println("loss: 3.2")
	case actKillOnce:
		if first() {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
		}
	case actKillAlways:
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(time.Minute)
	case actSegfault:
		syscall.Kill(os.Getpid(), syscall.SIGSYS)
		time.Sleep(time.Minute)
	case actCloseOutput:
		os.Stdout.Close()
		<-make(chan int)
	case actLongLine:
		os.Stdout.WriteString(strings.Repeat("x", longestLine+1))
		<-make(chan int)
	case actEnvironment:
		return task.Result{BPB: 1, Extra: map[string]string{"env": strings.Join(os.Environ(), "\n")}}, nil
	}
	for i := range 3 {
		progress(task.Progress{Step: int64(i), Curve: &mechanisms.Sample{Fraction: float64(i+1) / 3, BPB: 3}})
	}
	return task.Result{BPB: 2 + p[0]/1000, Steps: 3, Extra: map[string]string{"pid": fmt.Sprint(os.Getpid())}}, nil
}

func pool(t *testing.T, parallel int, limit time.Duration) (*Pool, string) {
	t.Helper()
	scratch := t.TempDir()
	p, err := New(Config{Exe: os.Args[0], Env: append(task.Environ(os.Environ()), "BILEVEL_TEST_TRAINER=1"), Spec: task.Spec{Kind: "act", Surface: scratch}, Parallel: parallel, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, scratch
}

func quiet(task.Progress) {}

func TestOutcomesTellWhatHappened(t *testing.T) {
	p, _ := pool(t, 1, 0)
	for name, test := range map[string]struct {
		act    float64
		status mechanisms.Status
		reason string
	}{
		"trained":                        {actTrain, mechanisms.Complete, ""},
		"a value that is not a number":   {actNaN, mechanisms.NotFinite, "NaN"},
		"diverged":                       {actDiverge, mechanisms.Diverged, "loss 101 at step 3"},
		"an error of training":           {actError, mechanisms.Crashed, "shard 3 is damaged"},
		"a panic":                        {actPanic, mechanisms.Crashed, "panic: index out of range [7]"},
		"an end without a result":        {actExit0, mechanisms.Unparsed, "gave no result"},
		"an exit status":                 {actExit3, mechanisms.Crashed, "exit status 3: the driver is too old"},
		"out of memory":                  {actNoMemory, mechanisms.OutOfMem, "out of memory: cannot allocate 8589934592-byte block"},
		"a plan of too much memory":      {actRefuse, mechanisms.OutOfMem, "plan of 99 GiB"},
		"output that is no report":       {actGarbage, mechanisms.Unparsed, `"loss: 3.2"`},
		"killed twice":                   {actKillAlways, mechanisms.Killed, "terminated"},
		"killed once and trained again":  {actKillOnce, mechanisms.Complete, ""},
		"a fault":                        {actSegfault, mechanisms.Crashed, "SIGSYS"},
		"output closed, process running": {actCloseOutput, mechanisms.Crashed, "did not end"},
		"a line without end":             {actLongLine, mechanisms.Unparsed, "token too long"},
	} {
		t.Run(name, func(t *testing.T) {
			o := p.Train(context.Background(), mechanisms.Point{test.act}, 1, quiet)
			if o.Status != test.status || !strings.Contains(o.Reason, test.reason) {
				t.Errorf("got %s (%s), want %s with %q", o.Status, o.Reason, test.status, test.reason)
			}
			if len(o.Reason) > 700 || strings.ContainsAny(o.Reason, "\x1b\n") {
				t.Errorf("the reason is not fit to print: %d bytes %q", len(o.Reason), o.Reason)
			}
			if (o.Status == mechanisms.Complete) != (o.Result.BPB >= 2) {
				t.Errorf("%s with %v bits per byte", o.Status, o.Result.BPB)
			}
		})
	}
	if o := p.Train(context.Background(), mechanisms.Point{actTrain}, 1, quiet); o.Status != mechanisms.Complete {
		t.Errorf("after all of these a trial is %s (%s), want complete", o.Status, o.Reason)
	}
}

func TestSignalsAreToldApart(t *testing.T) {
	for _, test := range []struct {
		signal syscall.Signal
		oom    bool
		want   mechanisms.Status
	}{
		{syscall.SIGKILL, false, mechanisms.Killed}, {syscall.SIGKILL, true, mechanisms.OutOfMem}, {syscall.SIGTERM, true, mechanisms.Killed},
		{syscall.SIGSEGV, false, mechanisms.Crashed}, {syscall.SIGABRT, false, mechanisms.Crashed},
	} {
		if got, how := bySignal(test.signal, test.oom); got != test.want {
			t.Errorf("ended by %v, the kernel short of memory %v: got %s (%s), want %s", test.signal, test.oom, got, how, test.want)
		}
	}
}

func TestTrainersAreKeptBetweenTrialsAndReplacedWhenKilled(t *testing.T) {
	p, _ := pool(t, 1, 0)
	pid := func() string {
		o := p.Train(context.Background(), mechanisms.Point{actTrain}, 1, quiet)
		if o.Status != mechanisms.Complete {
			t.Fatalf("%s: %s", o.Status, o.Reason)
		}
		return o.Result.Extra["pid"]
	}
	first := pid()
	if second := pid(); second != first {
		t.Errorf("second trial in process %s, want %s again", second, first)
	}
	var n int
	fmt.Sscan(first, &n)
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil { // while it has nothing to do
		t.Fatal(err)
	}
	if third := pid(); third == first {
		t.Errorf("the trial after the kill was in the killed process %s", third)
	}
}

func TestProgressAndCurveArrive(t *testing.T) {
	p, _ := pool(t, 1, 0)
	var curve []mechanisms.Sample
	p.Train(context.Background(), mechanisms.Point{actTrain}, 1, func(x task.Progress) {
		if x.Curve != nil {
			curve = append(curve, *x.Curve)
		}
	})
	if len(curve) != 3 || curve[2].Fraction != 1 {
		t.Errorf("points of the curve: %v, want three up to 1", curve)
	}
}

func TestCancelKillsTheTrainer(t *testing.T) {
	p, scratch := pool(t, 1, 0)
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		for {
			if n, _ := filepath.Glob(filepath.Join(scratch, "trained-*")); len(n) > 0 {
				cancel(errors.New("no hope"))
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	o := p.Train(ctx, mechanisms.Point{actHang}, 1, quiet)
	if o.Status != mechanisms.Pruned || o.Reason != "no hope" {
		t.Errorf("a cancelled trial is %s (%s), want pruned (no hope)", o.Status, o.Reason)
	}
	if pid := trainerOf(t, scratch); syscall.Kill(pid, 0) == nil {
		t.Errorf("its trainer %d is still there", pid)
	}
}

func TestTimeLimit(t *testing.T) {
	p, _ := pool(t, 1, 300*time.Millisecond)
	o := p.Train(context.Background(), mechanisms.Point{actHang}, 1, quiet)
	if o.Status != mechanisms.TimedOut || !strings.Contains(o.Reason, "300ms") {
		t.Errorf("a trial that hangs is %s (%s), want a time-out after 300ms", o.Status, o.Reason)
	}
}

func TestTrialsInParallelUseDifferentTrainers(t *testing.T) {
	p, _ := pool(t, 2, 0)
	var wait sync.WaitGroup
	outcomes := make([]task.Outcome, 8)
	for i := range outcomes {
		wait.Go(func() { outcomes[i] = p.Train(context.Background(), mechanisms.Point{actTrain}, uint64(i), quiet) })
	}
	wait.Wait()
	pids := map[string]bool{}
	for i, o := range outcomes {
		if o.Status != mechanisms.Complete {
			t.Errorf("trial %d is %s (%s)", i, o.Status, o.Reason)
		}
		pids[o.Result.Extra["pid"]] = true
	}
	if len(pids) > 2 {
		t.Errorf("%d trainers, want at most 2", len(pids))
	}
}

func TestNoKeyReachesATrainer(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "sk-secret")
	t.Setenv("OPENAI_API_KEY", "sk-secret")
	t.Setenv("GITHUB_TOKEN", "sk-secret")
	p, _ := pool(t, 1, 0)
	o := p.Train(context.Background(), mechanisms.Point{actEnvironment}, 1, quiet)
	if env := o.Result.Extra["env"]; !strings.Contains(env, "PATH=") || strings.Contains(env, "sk-secret") {
		t.Errorf("environment of the trainer: %s", env)
	}
}

func TestTrainerEndsWithItsSupervisor(t *testing.T) {
	p, scratch := pool(t, 1, 0)
	done := make(chan task.Outcome)
	go func() { done <- p.Train(context.Background(), mechanisms.Point{actTrain}, 1, quiet) }()
	<-done
	c := <-p.slots
	p.slots <- nil
	c.stdin.Close() // what the kernel does when the supervisor is killed
	select {
	case <-c.ended:
	case <-time.After(10 * time.Second):
		t.Errorf("trainer %d goes on without a supervisor", trainerOf(t, scratch))
		c.kill()
	}
}

func TestMissingProgramIsSaid(t *testing.T) {
	p, err := New(Config{Exe: filepath.Join(t.TempDir(), "gone"), Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if o := p.Train(context.Background(), mechanisms.Point{0}, 1, quiet); o.Status != mechanisms.Crashed || !strings.Contains(o.Reason, "start trainer") {
		t.Errorf("got %s (%s)", o.Status, o.Reason)
	}
}

// trainerOf is the process that trained last.
func trainerOf(t *testing.T, scratch string) int {
	t.Helper()
	notes, _ := filepath.Glob(filepath.Join(scratch, "trained-*"))
	var pid int
	if b, err := os.ReadFile(notes[len(notes)-1]); err != nil {
		t.Fatal(err)
	} else if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}
