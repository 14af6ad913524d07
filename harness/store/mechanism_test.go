package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func TestTenuresCountInfluenceAndGain(t *testing.T) {
	s := created(t)
	lived(t, s, 2) // 2.00, 1.99, both kept, and a proposal that tabu will decide
	must(t, s.RecordSwitch(Switch{N: 0, Seq: 3, Kind: HandOver, From: "greedy", To: "tabu", Shadow: "greedy"}))
	yes, no := true, false
	step := func(seq int, shadow *wire.ShadowProposal, kept bool, shadowKept *bool) {
		t.Helper()
		p := start(seq)
		p.Shadow = shadow
		d := decide(seq, kept)
		d.ShadowKept = shadowKept
		if seq > 2 {
			must(t, s.RecordProposal("tabu", p))
		}
		must(t, s.RecordOutcome(seq, complete(seq), false), s.RecordDecision("tabu", d))
	}
	step(2, nil, false, &yes)                                                           // acceptance differs
	step(3, &wire.ShadowProposal{Point: mechanisms.Point{0.1, 8}}, true, &yes)          // proposal differs
	step(4, &wire.ShadowProposal{Point: start(4).Proposal.Point}, false, &no)           // neither
	step(5, &wire.ShadowProposal{Unasked: true}, false, nil)                            // it would have asked something else
	step(6, &wire.ShadowProposal{Error: "fault", Point: mechanisms.Point{}}, true, nil) // nothing to compare

	ts := s.Tenures()
	want := []Tenure{
		{Mechanism: "greedy", From: 1, Proposals: 2, Decisions: 1},
		{Mechanism: "tabu", Shadow: "greedy", From: 3, Proposals: 4, Decisions: 5, Compared: 6, Differed: 3, Unasked: 1},
	}
	for i, gain := range []float64{0.01, 0.05} {
		if diff := ts[i].Gain - gain; diff > 1e-9 || diff < -1e-9 {
			t.Errorf("gain of %s: %v, want %v", ts[i].Mechanism, ts[i].Gain, gain)
		}
		ts[i].Gain = 0
		if ts[i] != want[i] {
			t.Errorf("tenure %d: got %+v, want %+v", i, ts[i], want[i])
		}
	}
}

func TestMechanismsCyclesAndSwitchesComeBack(t *testing.T) {
	s := created(t)
	m := Mechanism{Name: "fold-a1b2c3", Hash: "a1b2c3", Parent: "greedy", Status: Ready, Source: "package fold\n", Dialogue: json.RawMessage(`["explore"]`), Cycle: 1}
	refused := Mechanism{Name: "bad-000000", Status: Refused, Reason: "imports os", Source: "package bad\n", Cycle: 1}
	must(t, s.RecordMechanism(refused, nil), s.RecordMechanism(m, map[string]int{"build_ms": 350}), s.recordOne(BinaryEvent(Binary{Hash: "ff", Path: "/somewhere"})),
		s.RecordCycle(Cycle{N: 1, Seq: 11, Outcome: "ready", Mechanism: m.Name}),
		s.RecordSwitch(Switch{N: 0, Seq: 11, Kind: HandOver, From: "greedy", To: m.Name, Shadow: "greedy"}),
		s.RecordSwitch(Switch{N: 1, Seq: 11, Kind: RollBack, From: m.Name, To: "greedy", Why: "panic"}), s.Close())
	again, err := Open(s.Dir())
	must(t, err)
	defer again.Close()
	if got, ok := again.Mechanism(m.Name); !ok || got.Source != m.Source || string(got.Dialogue) != string(m.Dialogue) {
		t.Errorf("mechanism %s: got %+v", m.Name, got)
	}
	if n := len(again.Mechanisms()); n != 2 {
		t.Errorf("%d mechanisms, want 2", n)
	}
	if cycles := again.Cycles(); len(cycles) != 1 || cycles[0].Mechanism != m.Name {
		t.Errorf("cycles: %+v", cycles)
	}
	if name, _ := again.InCharge(); name != "greedy" || !again.Quarantined(m.Name) || again.Quarantined("greedy") {
		t.Errorf("after the roll-back %s is in charge, quarantined: %v", name, again.Quarantined(m.Name))
	}
	for _, view := range []string{"trials", "chats", "mechanisms", "switches"} {
		var n int
		if err := again.db.QueryRow("SELECT count(*) FROM " + view).Scan(&n); err != nil {
			t.Errorf("SQL view %s: %v", view, err)
		}
	}
}

func TestForeignEventsAreKeptForTheirReader(t *testing.T) {
	s := created(t)
	e, err := NewEvent("report", "final", map[string]int{"n": 3})
	must(t, err, s.Record(e), s.Record(e))
	events, err := s.EventsOf("report")
	must(t, err)
	if len(events) != 1 || string(events[0].Body) != `{"n":3}` || events[0].At.IsZero() {
		t.Errorf("events of kind report: %+v", events)
	}
}

func TestMemoAcrossRuns(t *testing.T) {
	dir := t.TempDir()
	first, err := OpenMemo(dir)
	must(t, err)
	second, err := OpenMemo(dir)
	must(t, err)
	must(t, first.Add(complete(0)), first.Add(task.Outcome{Status: mechanisms.Killed, Content: "k"}), first.Add(task.Outcome{Status: mechanisms.Complete}))
	o, ok, err := second.Lookup(complete(0).Content)
	must(t, err)
	if !ok || o.Result.BPB != 2 || len(o.Result.Curve) != 1 {
		t.Errorf("looked up %+v %v, want trial 0", o, ok)
	}
	for _, content := range []string{"", "k", "other"} {
		if _, ok, err := second.Lookup(content); ok || err != nil {
			t.Errorf("content %q: %v %v, want nothing", content, ok, err)
		}
	}
	var wait sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wait.Go(func() {
			m := []*Memo{first, second}[i%2]
			errs[i] = m.Add(task.Outcome{Status: mechanisms.Diverged, Content: fmt.Sprint("d", i/2)})
		})
	}
	wait.Wait()
	must(t, errors.Join(errs...), first.Close(), second.Close())
}
