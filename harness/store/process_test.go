package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// TestMain lets this binary be the other process of a test.
func TestMain(m *testing.M) {
	if dir := os.Getenv("BILEVEL_TEST_STORE_WRITER"); dir != "" {
		writeForEver(dir)
	}
	os.Exit(m.Run())
}

// writeForEver continues the run in dir and prints a line when each trial is decided.
func writeForEver(dir string) {
	check := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	s, err := Open(dir)
	check(err)
	for seq := len(s.View().Trials); ; seq++ {
		check(s.RecordProposal("greedy", start(seq)))
		check(s.RecordOutcome(seq, complete(seq), false))
		check(s.RecordDecision("greedy", decide(seq, true)))
		fmt.Println("decided", seq)
	}
}

// writer starts another process that continues the run and waits until it has decided n more trials.
func writer(t *testing.T, dir string, n int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BILEVEL_TEST_STORE_WRITER="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	for range n {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), "decided") {
			t.Fatalf("the other process said %q", lines.Text())
		}
	}
	go func() {
		for lines.Scan() { // until it is killed, so that it never blocks on a full pipe
		}
	}()
	return cmd
}

func TestKilledWriterLeavesARunThatGoesOn(t *testing.T) {
	s := created(t)
	must(t, s.Close())
	done := 0
	for round := 1; round <= 5; round++ {
		cmd := writer(t, s.Dir(), 3*round)
		must(t, cmd.Process.Kill())
		cmd.Wait()
		look, err := Read(s.Dir()) // with the write-ahead log as the kill left it
		if err != nil {
			t.Fatalf("read after kill %d: %v", round, err)
		}
		seen := len(look.View().Trials)
		must(t, look.Close())
		again, err := Open(s.Dir())
		if err != nil {
			t.Fatalf("open after kill %d: %v", round, err)
		}
		v := again.View()
		if len(v.Trials) < done+3*round {
			t.Errorf("after kill %d: %d trials, but the other process had said %d were decided", round, len(v.Trials), done+3*round)
		}
		if len(v.Trials) != seen {
			t.Errorf("after kill %d: %d trials, but a reader saw %d", round, len(v.Trials), seen)
		}
		if len(v.Pending) > 1 {
			t.Errorf("after kill %d: %d proposals pending, want at most 1", round, len(v.Pending))
		}
		done = len(v.Trials)
		must(t, again.Close())
	}
}

func TestSecondProcessIsRefusedWithThePIDOfTheFirst(t *testing.T) {
	s := created(t)
	must(t, s.Close())
	cmd := writer(t, s.Dir(), 1)
	_, err := Open(s.Dir())
	locked, ok := errors.AsType[*LockedError](err)
	if !ok || locked.PID != cmd.Process.Pid {
		t.Fatalf("open of a run that process %d has open: %v", cmd.Process.Pid, err)
	}
	must(t, cmd.Process.Kill())
	cmd.Wait()
	again, err := Open(s.Dir())
	if err != nil {
		t.Fatalf("open after the first was killed: %v", err)
	}
	must(t, again.Close())
}

func TestReadWhileAnotherProcessWrites(t *testing.T) {
	s := created(t)
	must(t, s.Close())
	cmd := writer(t, s.Dir(), 2)
	r, err := Read(s.Dir())
	must(t, err)
	defer r.Close()
	first := len(r.View().Trials)
	if first < 2 {
		t.Errorf("%d trials are seen, want at least 2", first)
	}
	if err := r.Extend(99); err == nil {
		t.Error("a run opened to read was written")
	}
	for len(r.View().Trials) < first+5 {
		must(t, r.Refresh())
	}
	must(t, cmd.Process.Kill())
}

func TestChatsRecordedAtOnceFromManyGoroutines(t *testing.T) {
	s := created(t)
	var wait sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wait.Go(func() {
			r := model.Request{Level: model.Level1, Purpose: "propose", Messages: []model.Message{{Role: "user", Content: "hello"}}}
			errs[i] = s.RecordChat(fmt.Sprint(i%20), r, model.Reply{Text: fmt.Sprint("reply ", i%20), TokensIn: 10, TokensOut: 2, CostUSD: 0.25})
		})
	}
	wait.Wait()
	must(t, errs...)
	reply, ok, err := s.Chat("7")
	must(t, err)
	if !ok || reply.Text != "reply 7" {
		t.Errorf("chat 7: %q %v", reply.Text, ok)
	}
	if _, ok, err := s.Chat("none"); ok || err != nil {
		t.Errorf("a chat that is not there: %v %v", ok, err)
	}
	usage, err := s.Usage()
	must(t, err)
	if want := (Usage{Level: model.Level1, Chats: 20, TokensIn: 200, TokensOut: 40, CostUSD: 5}); len(usage) != 1 || usage[0] != want {
		t.Errorf("usage: %+v, want %+v", usage, want)
	}
}
