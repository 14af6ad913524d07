package evolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// newRestarting is a stage whose history is cleared every five trials, and nothing else done.
func newRestarting(t *testing.T, dir string, parallel int) *stage {
	t.Helper()
	s := newStage(t, dir, 20, parallel)
	s.Settings = Settings{SteerEvery: 5, RestartEvery: 5}
	return s
}

// A spy writes down which trials the model is shown.
type spy struct {
	model.Model
	seen map[string][]int // by purpose and trial
}

func (s spy) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	var f model.Facts
	if err := json.Unmarshal(r.Facts, &f); err != nil {
		return model.Reply{}, err
	}
	key := fmt.Sprint(r.Purpose, " ", f.Seq)
	s.seen[key] = nil
	for _, t := range f.Trials {
		s.seen[key] = append(s.seen[key], t.Seq)
	}
	return s.Model.Chat(ctx, r)
}

func TestARestartHidesTheHistoryAndLeavesItOnRecord(t *testing.T) {
	plain, s := newStage(t, t.TempDir(), 20, 1), newRestarting(t, t.TempDir(), 1)
	plain.Settings = Settings{SteerEvery: 5}
	watched := spy{s.Model, map[string][]int{}}
	s.Model = watched
	plain.mustGo(t)
	s.mustGo(t)
	whole, all := s.Store.Whole().Trials, s.Store.Restarts()
	if len(whole) != 21 || len(all) != 3 {
		t.Fatalf("%d trials with %d restarts, want 21 with 3", len(whole), len(all))
	}
	before := func(s *stage) string { return strings.Join(strings.SplitAfter(restartTrace(s), "\n")[:6], "") }
	if got, want := before(s), before(plain); got != want {
		t.Errorf("before the first restart the trace is\n%swant that of a run without\n%s", got, want)
	}
	for _, x := range all {
		last := whole[x.From]
		if !last.OK() || x.Seq != 6+5*x.N {
			t.Errorf("restart %+v resumes from a trial that ended %s, want one with a value, before trial %d", x, last.Status, 6+5*x.N)
		}
		for _, t2 := range whole[x.From+1 : x.Seq] {
			if t2.OK() {
				t.Errorf("restart %+v: trial %d was tried later and has a value", x, t2.Seq)
			}
		}
		if got, want := fmt.Sprint(watched.seen[fmt.Sprint("propose ", x.Seq)]), fmt.Sprint([]int{x.From}); got != want {
			t.Errorf("at trial %d the model is shown trials %s, want %s", x.Seq, got, want)
		}
		if got, want := fmt.Sprint(watched.seen[fmt.Sprint("propose ", x.Seq+2)]), fmt.Sprint([]int{x.From, x.Seq, x.Seq + 1}); got != want {
			t.Errorf("at trial %d the model is shown trials %s, want %s", x.Seq+2, got, want)
		}
	}
}

// The search resumes from the last that was tried also where that was discarded, and every restart is told.
func TestARestartForcesWhatWasTriedLast(t *testing.T) {
	s := newRestarting(t, t.TempDir(), 1)
	s.mustGo(t)
	forced, told := 0, 0
	for _, x := range s.Store.Restarts() {
		if !s.Store.Whole().Trials[x.From].Kept {
			forced++
		}
	}
	for _, e := range s.events {
		if e.Kind == EventRestart {
			told++
		}
	}
	if forced == 0 || told != 3 {
		t.Errorf("%d restarts stand on a trial that had been discarded, %d were told; want at least 1, and 3", forced, told)
	}
}

func TestRestartsAreTheSameInsideAndAfterEveryStop(t *testing.T) {
	for _, parallel := range []int{1, 2} {
		process, inside := newRestarting(t, t.TempDir(), parallel), newRestarting(t, t.TempDir(), parallel)
		inside.within()
		process.mustGo(t)
		inside.mustGo(t)
		want := restartTrace(process)
		if got := restartTrace(inside); got != want {
			t.Errorf("parallel %d: inside\n%s\nwant\n%s", parallel, got, want)
		}
		dir := t.TempDir()
		for stops := 0; ; stops++ {
			s := newRestarting(t, dir, parallel)
			ctx, cancel := context.WithCancel(context.Background())
			n := 0
			s.Tell = func(e Event) {
				if n++; (n > 3 && e.Kind == EventRestart || n == 9) && e.Kind != EventDone {
					cancel()
				}
			}
			err := s.Go(ctx)
			cancel()
			if err == nil {
				if got := restartTrace(s); got != want || stops < 5 {
					t.Errorf("parallel %d, after %d stops\n%s\nwant\n%s", parallel, stops, got, want)
				}
				break
			}
			if !errors.Is(err, ErrStopped) {
				t.Fatal(err)
			}
			s.Store.Close()
		}
	}
}

// restartTrace is what was decided, restarts among it.
func restartTrace(s *stage) string {
	var text strings.Builder
	for _, tr := range s.Store.Whole().Trials {
		fmt.Fprintln(&text, tr.Seq, tr.Point, tr.Status, tr.BPB, tr.Kept, tr.Why)
	}
	fmt.Fprint(&text, s.Store.Restarts())
	return text.String()
}

// A placebo that is one on purpose stays where it was put.
func TestAnInertMechanismStaysWhereTheRunSaysSo(t *testing.T) {
	s := newStage(t, t.TempDir(), 20, 1, "placebo")
	s.Settings.KeepInert = true
	s.mustGo(t)
	if got := switches(s.Store); got != "greedy → placebo before trial 6" {
		t.Errorf("changes of charge: %s; want the placebo left in charge", got)
	}
	if x := s.Store.Switches()[0]; x.Kind != store.HandOver {
		t.Errorf("%+v", x)
	}
}
