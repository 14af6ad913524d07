package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func testMeta() Meta {
	space := mechanisms.Space{Name: "two", Params: []mechanisms.Param{
		{Name: "A", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
		{Name: "B", Kind: mechanisms.Pow2, Min: 1, Max: 64, Default: 8},
	}}
	return Meta{
		Seed: 7, Task: task.Spec{Kind: "surface"}, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy",
		Parallel: 1, Trials: 30, Model: "simulated (rut)", Simulated: true, Program: "test",
		Lessons: []mechanisms.Lesson{{Text: "A down", Param: "A", Direction: -1, Effect: -0.01, Confidence: 0.5}},
	}
}

func start(seq int) wire.Start {
	return wire.Start{Proposal: mechanisms.Proposal{Seq: seq, Point: mechanisms.Point{0.5 - float64(seq)/1000, 8}, Why: "less", By: "model"}, ProposeNS: int64(seq)}
}

func complete(seq int) task.Outcome {
	return task.Outcome{Status: mechanisms.Complete, Content: start(seq).Proposal.Why + string(rune('a'+seq)),
		Result: task.Result{BPB: 2 - float64(seq)/100, Steps: 10, Tokens: 100, Seconds: 1.5, Curve: []mechanisms.Sample{{Fraction: 0.5, BPB: 2.5}}}}
}

func decide(seq int, kept bool) wire.Decide {
	return wire.Decide{Seq: seq, Kept: kept, State: []byte(`{"Seen":` + string(rune('0'+seq%10)) + `}`)}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lived records trials 0 to n-1, every one kept, and the proposal of trial n.
func lived(t *testing.T, s *Store, n int) {
	t.Helper()
	for seq := range n {
		must(t, s.RecordProposal("greedy", start(seq)), s.RecordOutcome(seq, complete(seq), false), s.RecordDecision("greedy", decide(seq, true)))
	}
	must(t, s.RecordProposal("greedy", start(n)))
}

func created(t *testing.T) *Store {
	t.Helper()
	s, err := Create(t.TempDir(), testMeta())
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestReopenedRunHasTheSameView(t *testing.T) {
	s := created(t)
	lived(t, s, 3)
	must(t, s.RecordSteering(Steer{Steering: mechanisms.Steering{Frozen: []string{"B"}, Strategy: "explore", Since: 3}}))
	before := s.View()
	if len(before.Trials) != 3 || before.Incumbent != 2 || len(before.Pending) != 1 || before.Limit != 30 || before.Steer.Strategy != "explore" {
		t.Fatalf("view of a run of 3 trials and a proposal: %+v", before)
	}
	if x := before.Trials[2]; x.Steps != 10 || x.Tokens != 100 {
		t.Errorf("trial 2 was trained for %d steps and %d tokens in the view, want the outcome's 10 and 100", x.Steps, x.Tokens)
	}
	must(t, s.Close())

	again, err := Open(s.Dir())
	must(t, err)
	defer again.Close()
	if after := again.View(); !reflect.DeepEqual(before, after) {
		t.Errorf("view after reopening: got %+v, want %+v", after, before)
	}
	if !reflect.DeepEqual(again.Meta(), testMeta()) {
		t.Errorf("meta after reopening: got %+v, want %+v", again.Meta(), testMeta())
	}
	if name, state, _ := again.State(); name != "greedy" || string(state) != `{"Seen":2}` {
		t.Errorf("state after reopening: %s %s, want that of trial 2", name, state)
	}
	must(t, again.RecordOutcome(3, complete(3), true), again.RecordDecision("greedy", decide(3, false)))
	if v := again.View(); v.Incumbent != 2 || len(v.Pending) != 0 || v.Trials[3].Kept {
		t.Errorf("after a discarded trial 3: incumbent %d, %d pending, want 2 and none", v.Incumbent, len(v.Pending))
	}
}

func TestViewSharesNothingWithTheStore(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	v := s.View()
	v.Trials[0].Point[0], v.Trials[0].Curve[0].BPB, v.Pending[0].Proposal.Point[0], v.Lessons[0].Text = 99, 99, 99, "changed"
	if w := s.View(); w.Trials[0].Point[0] == 99 || w.Trials[0].Curve[0].BPB == 99 || w.Pending[0].Proposal.Point[0] == 99 || w.Lessons[0].Text == "changed" {
		t.Error("changing a view changed the store")
	}
}

func TestRecordingTwice(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	count := func() int {
		events, err := s.Events(0)
		must(t, err)
		return len(events)
	}
	before := count()
	slower := complete(1)
	slower.Result.Seconds = 99 // reports only, so the same outcome
	again := decide(1, true)
	again.AcceptNS = 99
	must(t, s.RecordProposal("greedy", start(1)), s.RecordOutcome(1, slower, true), s.RecordDecision("greedy", again))
	if count() != before {
		t.Errorf("recording the same things twice made %d events, want %d", count(), before)
	}
	other := start(1)
	other.Proposal.Point[0] = 0.25
	err := s.RecordProposal("greedy", other)
	if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "0.499") || !strings.Contains(err.Error(), "0.25") {
		t.Errorf("recording another proposal of trial 1: got %v, want a conflict that names both points", err)
	}
	if err := s.RecordDecision("greedy", decide(1, false)); !errors.Is(err, ErrConflict) {
		t.Errorf("recording another decision on trial 1: got %v, want a conflict", err)
	}
}

func TestWhatCannotFollowIsRefused(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	for what, err := range map[string]error{
		"a proposal too far":               s.RecordProposal("greedy", start(4)),
		"an outcome of no proposal":        s.RecordOutcome(3, complete(3), false),
		"a decision without outcome":       s.RecordDecision("greedy", decide(2, true)),
		"a proposal of another mechanism":  s.RecordProposal("tabu", start(3)),
		"a switch from another mechanism":  s.RecordSwitch(Switch{N: 0, Seq: 3, From: "tabu", To: "greedy"}),
		"a switch too far":                 s.RecordSwitch(Switch{N: 1, Seq: 3, From: "greedy", To: "tabu"}),
		"a cycle too far":                  s.RecordCycle(Cycle{N: 2}),
		"a value that is not a number":     s.RecordOutcome(2, task.Outcome{Status: mechanisms.Complete, Result: task.Result{BPB: nan()}}, false),
		"a decision with a state in UTF-9": s.RecordDecision("greedy", wire.Decide{Seq: 2, State: []byte{0xff}}),
	} {
		if err == nil {
			t.Errorf("%s was recorded", what)
		}
	}
	if v := s.View(); len(v.Trials) != 2 || len(v.Pending) != 1 {
		t.Errorf("refused events changed the view: %d trials, %d pending", len(v.Trials), len(v.Pending))
	}
}

func TestABatchIsAllOrNothing(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	must(t, s.RecordOutcome(2, complete(2), false))
	bad, err := SwitchEvent(Switch{N: 5, From: "greedy", To: "tabu"})
	must(t, err)
	if err := s.RecordDecision("greedy", decide(2, true), bad); err == nil {
		t.Fatal("a decision with a switch out of order was recorded")
	}
	if v := s.View(); len(v.Trials) != 2 || v.Incumbent != 1 {
		t.Errorf("the decision of a refused batch is in the view: %d trials, incumbent %d", len(v.Trials), v.Incumbent)
	}
	good, err := SwitchEvent(Switch{N: 0, Seq: 3, Kind: HandOver, From: "greedy", To: "tabu", Shadow: "greedy"})
	must(t, err, s.RecordDecision("greedy", decide(2, true), good))
	if name, shadow := s.InCharge(); name != "tabu" || shadow != "greedy" {
		t.Errorf("in charge: %s with shadow %s, want tabu with greedy", name, shadow)
	}
}

func TestTrainedFindsDeterministicOutcomesByContent(t *testing.T) {
	s := created(t)
	lived(t, s, 1)
	must(t, s.RecordOutcome(1, task.Outcome{Status: mechanisms.Killed, Reason: "signal", Content: "k"}, false))
	if o, ok := s.Trained(complete(0).Content); !ok || o.Result.BPB != 2 {
		t.Errorf("content of trial 0: %v %v, want its outcome", o, ok)
	}
	for _, content := range []string{"", "k", "other"} {
		if _, ok := s.Trained(content); ok {
			t.Errorf("content %q was found", content)
		}
	}
}

func TestExtendRaisesTheLimitOnly(t *testing.T) {
	s := created(t)
	must(t, s.Extend(10), s.Extend(60), s.Extend(60), s.Extend(40))
	if got := s.View().Limit; got != 60 {
		t.Errorf("limit after extending 30 to 10, 60 and 40: %d, want 60", got)
	}
}

func TestContinuesNamesEveryDifference(t *testing.T) {
	m, w := testMeta(), testMeta()
	w.Trials, w.Program, w.Task.Threads = 60, "newer", 3
	if err := m.Continues(w); err != nil {
		t.Errorf("more trials, another version and more threads: %v, want none", err)
	}
	w.Seed, w.Model, w.Task.Surface = 8, "deepseek-chat", "flat"
	w.Space.Params = w.Space.Params[:1]
	w.SpaceHash = w.Space.Hash()
	err := m.Continues(w)
	for _, want := range []string{"seed 7", "space two", "deepseek-chat", `"surface":"flat"`, "another folder"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("difference %q is not in: %v", want, err)
		}
	}
}

func TestOpenAndCreateSayWhetherThereIsARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "r 1?#%")
	if _, err := Open(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open of no run: %v, want fs.ErrNotExist", err)
	}
	s, err := Create(dir, testMeta())
	must(t, err, s.Close())
	if _, err := Create(dir, testMeta()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over a run: %v, want fs.ErrExist", err)
	}
	if _, err := os.Stat(filepath.Join(dir, File)); err != nil {
		t.Errorf("the database of a folder with odd characters: %v", err)
	}
}

func TestEmptyFileOfAKilledCreateIsNoRun(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, File), nil, 0o666))
	if ok, err := Exists(dir); ok || err != nil {
		t.Errorf("an empty file is a run: %v %v", ok, err)
	}
	s, err := Create(dir, testMeta())
	must(t, err, s.Close())
}

func TestDetailsJoinBodiesAndNotes(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	must(t, s.RecordOutcome(2, complete(2), true))
	d, err := s.Details()
	must(t, err)
	if len(d) != 3 || d[1].ProposeNS != 1 || d[1].Outcome.Result.Seconds != 1.5 || !d[1].Kept || !d[2].Memo || d[2].Decided || d[2].Finished.IsZero() {
		t.Errorf("details of two decided trials and one from the memo: %+v", d)
	}
}

// BenchmarkTrial records one trial: proposal, chat, outcome and decision, each on the disk when its call returns.
func BenchmarkTrial(b *testing.B) {
	s, err := Create(b.TempDir(), testMeta())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	state := []byte(`{"seen":"` + strings.Repeat("x", 2000) + `"}`)
	seq := 0
	for b.Loop() {
		err := errors.Join(
			s.RecordChat(strconv.Itoa(seq), model.Request{Level: model.Level1, Messages: []model.Message{{Role: "user", Content: strings.Repeat("y", 20000)}}}, model.Reply{Text: "{}"}),
			s.RecordProposal("greedy", start(seq)), s.RecordOutcome(seq, complete(seq), false),
			s.RecordDecision("greedy", wire.Decide{Seq: seq, State: state}))
		if err != nil {
			b.Fatal(err)
		}
		seq++
	}
}
