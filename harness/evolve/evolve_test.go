package evolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// scripted is level 2 with its inventions decided beforehand: the mechanism of each cycle by name, or "none".
type scripted struct {
	t     *testing.T
	dir   string
	names []string
	seen  []Occasion
}

func (s *scripted) Invent(_ context.Context, o Occasion) (Invention, error) {
	s.seen = append(s.seen, o)
	if o.Cycle > len(s.names) || s.names[o.Cycle-1] == "none" {
		return Invention{Outcome: None, Why: "the search goes well"}, nil
	}
	name := s.names[o.Cycle-1]
	path, hash := makeImage(s.t, s.dir, name, o.Mechanism)
	return Invention{Outcome: Ready, Why: "tests " + name, Name: name, Hash: hashOf(name), Source: "package x // " + name, Path: path, Binary: hash, Record: json.RawMessage(`{}`)}, nil
}

// stage is a run on the bowl, in a folder of the test's.
type stage struct {
	*Run
	trainers *inProcess
	inventor *scripted
	mu       sync.Mutex
	events   []Event
	pid      int // of the runner
}

func newStage(t *testing.T, dir string, trials, parallel int, names ...string) *stage {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(dir)
	if err != nil {
		space := bowlTask{}.Space()
		st, err = store.Create(dir, store.Meta{
			Seed: 5, Task: task.Spec{Kind: "surface"}, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy",
			Parallel: parallel, Trials: trials, Model: "simulated (rut)", Simulated: true, Program: "test",
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	sim, err := simulated.New("rut")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{trainers: &inProcess{task: bowlTask{}}, inventor: &scripted{t: t, dir: t.TempDir(), names: names}}
	s.Run = &Run{
		Settings: Settings{SteerEvery: 5, InventEvery: 5}, Store: st, Task: bowlTask{}, Trainers: s.trainers, Memo: noMemo{},
		Model: model.Recorded(sim, st), Inventor: s.inventor, Limits: Limits{Decision: time.Minute, Retries: 1},
		Base: func(name string) supervise.Command {
			return supervise.Command{Path: exe, Args: []string{"serve", name}}
		},
		Tell: func(e Event) { s.mu.Lock(); s.events = append(s.events, e); s.mu.Unlock() },
	}
	return s
}

func (s *stage) mustGo(t *testing.T) {
	t.Helper()
	if err := s.Go(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// trace is what a run decided, without times and without who took part.
func (s *stage) trace() string {
	var text strings.Builder
	for _, tr := range s.Store.View().Trials {
		fmt.Fprintln(&text, tr.Seq, tr.Point, tr.Status, tr.BPB, tr.Kept, tr.Why)
	}
	return text.String()
}

func TestARunPassesThroughAllLevels(t *testing.T) {
	s := newStage(t, t.TempDir(), 20, 1, "foldover", "none", "coordinate")
	s.mustGo(t)
	v := s.Store.View()
	if len(v.Trials) != 21 || len(s.Store.Steering()) != 3 || len(s.Store.Cycles()) != 3 {
		t.Fatalf("%d trials, %d acts of steering, %d cycles; want 21, 3, 3", len(v.Trials), len(s.Store.Steering()), len(s.Store.Cycles()))
	}
	want := "greedy → foldover before trial 6, foldover → coordinate before trial 16"
	if got := switches(s.Store); got != want {
		t.Errorf("changes of charge: %s; want %s", got, want)
	}
	if i := Influence(s.Store.Tenures(), "foldover"); i.Compared == 0 || i.Differed == 0 {
		t.Errorf("foldover: %+v, want influence", i)
	}
	if o := s.inventor.seen[2]; o.Mechanism != "foldover" || o.Source == "" || len(o.Tried) != 1 || o.Tried[0].Outcome != "active" {
		t.Errorf("third occasion is told of %q with source %q, tried %+v", o.Mechanism, o.Source, o.Tried)
	}
}

func switches(s *store.Store) string {
	var parts []string
	for _, x := range s.Switches() {
		arrow := map[store.Change]string{store.HandOver: " → "}[x.Kind]
		if arrow == "" {
			arrow = " " + string(x.Kind) + " → "
		}
		parts = append(parts, fmt.Sprintf("%s%s%s before trial %d", x.From, arrow, x.To, x.Seq))
	}
	return strings.Join(parts, ", ")
}

// A fresh binary that decides as the old one did changes nothing, and is found out.
func TestAPlaceboLeavesTheTraceAsItWasAndIsRetired(t *testing.T) {
	for _, parallel := range []int{1, 2} {
		plain, placebo := newStage(t, t.TempDir(), 20, parallel), newStage(t, t.TempDir(), 20, parallel, "placebo")
		plain.mustGo(t)
		placebo.mustGo(t)
		if plain.trace() != placebo.trace() {
			t.Errorf("parallel %d: trace with a placebo\n%swant that without\n%s", parallel, placebo.trace(), plain.trace())
		}
		if got := switches(placebo.Store); !strings.HasPrefix(got, "greedy → placebo before trial 6, placebo retire → greedy before trial") {
			t.Errorf("parallel %d: %s; want the placebo retired", parallel, got)
		}
	}
}

// The runner that takes over is given exactly the view that the one before it left, and the record says so.
func TestNothingIsLostInAHandOver(t *testing.T) {
	s := newStage(t, t.TempDir(), 12, 2, "foldover")
	before, after := "", ""
	s.Tell = func(e Event) {
		switch {
		case e.Kind == EventHandover:
			before = viewHash(s.Store.View())
		case e.Kind == EventProposed && before != "" && after == "":
			v := s.Store.View()
			v.Pending = v.Pending[:len(v.Pending)-1] // the first proposal of the new runner
			after = viewHash(v)
		}
	}
	s.mustGo(t)
	if x := s.Store.Switches()[0]; before == "" || before != after || before != x.View {
		t.Errorf("view before the hand-over %.12s, recorded %.12s, after %.12s; want them equal", before, x.View, after)
	}
	// A view that is not the one left is refused.
	s.left = "another view"
	if _, err := s.hello(wire.Hello{Version: wire.Version, Mechanism: s.active.Name, Hash: s.active.Hash, Shadow: s.active.Shadow}); err == nil || !strings.Contains(err.Error(), "nothing may be lost") {
		t.Errorf("hello after another view was left: got error %v", err)
	}
}

func TestAVillainIsTakenOutAndTheRunGoesOn(t *testing.T) {
	for _, c := range []struct {
		name string // BEHAVIOUR-SEQ
		kind store.Change
		says string
	}{
		{"panics-6", store.RollBack, "panic: on purpose"},
		{"panics-8", store.Quarantine, "panic: on purpose"},
		{"strays-6", store.RollBack, "EMBEDDING_LR = 1e+09"},
		{"hangs-7", store.Quarantine, "no word from the runner in time"},
		{"overflows-7", store.Quarantine, "stack"},
		{"allocates-7", store.Quarantine, "memory"},
		{"exits-6", store.RollBack, "exit code 0"},
		{"garbles-7", store.Quarantine, "runner sent no message"},
		{"refuses-6", store.RollBack, "refuses to judge"},
		{"forgets-3", store.RollBack, "nil map"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, t.TempDir(), 10, 1, c.name)
			s.Limits.Decision = time.Minute
			if strings.HasPrefix(c.name, "hangs") {
				s.Limits.Decision = 4 * time.Second
			}
			s.mustGo(t)
			if n := len(s.Store.View().Trials); n != 11 {
				t.Errorf("%d trials, want 11", n)
			}
			all := s.Store.Switches()
			last := all[len(all)-1]
			if last.Kind != c.kind || last.To != "greedy" || !strings.Contains(last.Why, c.says) {
				t.Errorf("last change %s to %s: %q; want %s to greedy with %q", last.Kind, last.To, last.Why, c.kind, c.says)
			}
			if !s.Store.Quarantined(c.name) {
				t.Error("it may run again")
			}
		})
	}
}

// A runner killed from outside is not the mechanism's doing: it is started again and the trace stays the same.
func TestARunnerThatIsKilledIsStartedAgain(t *testing.T) {
	whole := newStage(t, t.TempDir(), 12, 1, "foldover")
	whole.mustGo(t)
	s := newStage(t, t.TempDir(), 12, 1, "foldover")
	kills := 0
	tell := s.Tell
	s.Tell = func(e Event) {
		tell(e)
		if e.Kind == EventRunnerUp {
			s.pid = e.PID
		}
		if e.Kind == EventDecided && e.Seq%3 == 1 || e.Kind == EventProposed && e.Seq%3 == 2 {
			kills++
			p, _ := os.FindProcess(s.pid)
			if err := p.Kill(); err != nil {
				t.Errorf("kill runner: %v", err)
			}
		}
	}
	s.mustGo(t)
	if kills < 6 || s.trace() != whole.trace() {
		t.Errorf("after %d kills trace\n%swant\n%s", kills, s.trace(), whole.trace())
	}
	if got, want := switches(s.Store), switches(whole.Store); got != want {
		t.Errorf("changes of charge: %s; want %s", got, want)
	}
}

// Where what contains a runner cannot be put up, the mechanism is not to blame, and no runner is started without it.
func TestARunnerThatCannotBeContainedStopsTheRun(t *testing.T) {
	s := newStage(t, t.TempDir(), 12, 1, "foldover")
	tell := s.Tell
	s.Tell = func(e Event) {
		tell(e)
		if e.Kind == EventRunnerUp {
			s.pid = e.PID
		}
		if e.Kind == EventDecided && e.Seq == 8 { // foldover is in charge
			s.Within = []string{"/bin/sh", "-c", "echo no walls >&2; exit 125"}
			p, _ := os.FindProcess(s.pid)
			if err := p.Kill(); err != nil {
				t.Errorf("kill runner: %v", err)
			}
		}
	}
	err := s.Go(context.Background())
	if err == nil || !strings.Contains(err.Error(), "was not started") || !strings.Contains(err.Error(), "no walls") {
		t.Errorf("error %v, want one that says that the runner was not started, and why", err)
	}
	if got := switches(s.Store); strings.Contains(got, "quarantine") || strings.Contains(got, "roll") || len(s.Store.View().Trials) != 9 {
		t.Errorf("changes of charge: %s, %d trials; want the record as it was", got, len(s.Store.View().Trials))
	}
}

// A run stopped after any number of recorded events, and continued by another process, ends with the same trace.
func TestARunContinuesWhereItWasStopped(t *testing.T) {
	begin := func(dir string) *stage { return newStage(t, dir, 12, 2, "foldover", "tabu") }
	whole := begin(t.TempDir())
	whole.mustGo(t)
	stopped(t, whole, begin, func(n int, e Event) bool { return n == 4 })
}

// stopped makes a run in a folder of its own that is stopped at the n-th thing it tells since it was begun or continued, where
// at says so, again and again until it is over, and compares its record with that of the whole one.
func stopped(t *testing.T, whole *stage, begin func(dir string) *stage, at func(n int, e Event) bool) {
	t.Helper()
	dir := t.TempDir()
	for cut := 1; ; cut++ {
		s := begin(dir)
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		s.Tell = func(e Event) {
			if n++; e.Kind != EventDone && at(n, e) {
				cancel()
			}
		}
		err := s.Go(ctx)
		cancel()
		if err == nil {
			if cut < 5 {
				t.Errorf("the run was over after %d cuts, want more", cut)
			}
			if s.trace() != whole.trace() || switches(s.Store) != switches(whole.Store) {
				t.Errorf("trace\n%s%s\nwant\n%s%s", s.trace(), switches(s.Store), whole.trace(), switches(whole.Store))
			}
			return
		}
		if !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
		s.Store.Close()
	}
}

func TestEqualTrialsAreTrainedOnce(t *testing.T) {
	s := newStage(t, t.TempDir(), 30, 1)
	s.mustGo(t)
	points := map[string]bool{}
	for _, tr := range s.Store.View().Trials {
		if tr.Status == mechanisms.Complete || tr.Status == mechanisms.Diverged {
			points[fmt.Sprint(tr.Point)] = true
		}
	}
	if s.trainers.count != len(points) {
		t.Errorf("%d trainings for %d different points", s.trainers.count, len(points))
	}
}

// aMemo remembers between the runs of one test.
type aMemo map[string]task.Outcome

func (m aMemo) Lookup(content string) (task.Outcome, bool, error) {
	o, ok := m[content]
	return o, ok, nil
}

func (m aMemo) Add(o task.Outcome) error {
	if o.Deterministic() {
		m[o.Content] = o
	}
	return nil
}

func TestASecondRunTrainsNothingAndSaysSo(t *testing.T) {
	memo := aMemo{}
	first := newStage(t, t.TempDir(), 6, 1)
	first.Memo = memo
	first.mustGo(t)
	second := newStage(t, t.TempDir(), 6, 1)
	second.Memo = memo
	second.mustGo(t)
	if second.trainers.count != 0 || second.trace() != first.trace() {
		t.Errorf("%d trainings in a second run, want none; trace\n%swant\n%s", second.trainers.count, second.trace(), first.trace())
	}
	for _, e := range second.events {
		if e.Kind == EventDecided && !e.Memo {
			t.Errorf("trial %d was known, and is not told as known", e.Seq)
		}
	}
	for _, e := range first.events {
		if e.Kind == EventDecided && e.Seq == 0 && e.Memo {
			t.Error("the first baseline is told as known")
		}
	}
}

func TestABaselineThatFailsStopsTheRunWithTheReason(t *testing.T) {
	s := newStage(t, t.TempDir(), 5, 1)
	s.Trainers = failing{}
	err := s.Go(context.Background())
	if err == nil || !strings.Contains(err.Error(), "baseline: memory: the model needs 9 TiB") {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Train(context.Context, mechanisms.Point, uint64, func(task.Progress)) task.Outcome {
	return task.Outcome{Status: mechanisms.OutOfMem, Reason: "the model needs 9 TiB"}
}

func TestABinaryThatIsGoneIsNamed(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, dir, 8, 1, "foldover")
	s.mustGo(t)
	if err := os.RemoveAll(filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Extend(12); err != nil {
		t.Fatal(err)
	}
	if err := s.Go(context.Background()); err == nil || !strings.Contains(err.Error(), "mechanism foldover: its binary is gone") {
		t.Errorf("got %v", err)
	}
}
