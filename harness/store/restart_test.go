package store

import (
	"reflect"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A cleared history is out of sight and on record, also after the run was opened again.
func TestARestartClearsTheViewAndKeepsTheRecord(t *testing.T) {
	s := created(t)
	for seq := range 6 { // 0 and 1 are kept, 2 and 3 discarded, 4 and 5 have no value
		o := complete(seq)
		if seq > 3 {
			o = task.Outcome{Status: mechanisms.Diverged, Reason: "loss is NaN"}
		}
		must(t, s.RecordProposal("greedy", start(seq)), s.RecordOutcome(seq, o, false), s.RecordDecision("greedy", decide(seq, seq < 2)))
	}
	for _, wrong := range []Restart{{N: 1, Seq: 6, From: 3}, {Seq: 5, From: 3}, {Seq: 6, From: 4}, {Seq: 6, From: 6}, {Seq: 6, From: -1}} {
		if err := s.RecordRestart(wrong); err == nil {
			t.Errorf("restart %+v was recorded", wrong)
		}
	}
	must(t, s.RecordRestart(Restart{Seq: 6, From: 3}))
	if _, state, _ := s.State(); state != nil {
		t.Errorf("the mechanism's state after the restart is %s, want none", state)
	}
	v := s.View()
	if len(v.Trials) != 1 || v.Trials[0].Seq != 3 || !v.Trials[0].Kept || v.Incumbent != 3 || v.Standing().Seq != 3 || v.Next() != 6 || v.Cleared != 6 {
		t.Fatalf("view after the restart: %+v, next %d; want trial 3 alone, kept, and 6 next", v, v.Next())
	}
	must(t, s.RecordProposal("greedy", start(6)))
	if got := s.View().Next(); got != 7 {
		t.Errorf("after proposal 6 the next is %d, want 7", got)
	}
	must(t, s.RecordOutcome(6, complete(6), false), s.RecordDecision("greedy", decide(6, true)))
	if _, state, _ := s.State(); string(state) != `{"Seen":6}` {
		t.Errorf("state after trial 6 is %q", state)
	}
	before, whole := s.View(), s.Whole()
	if len(before.Trials) != 2 || before.Incumbent != 6 || len(whole.Trials) != 7 || whole.Trials[3].Kept || s.Decided() != 7 {
		t.Errorf("%d trials in the view and %d in the record, %d decided; want 2, 7 and 7, with trial 3 as it was decided", len(before.Trials), len(whole.Trials), s.Decided())
	}
	// Trial 6 improves on trial 3, which the search stood on, not on trial 1, which it had kept: by 0.03, after 0.01 by trial 1.
	if gain := s.Tenures()[0].Gain; gain < 0.0399 || gain > 0.0401 {
		t.Errorf("gain %g, want 0.04", gain)
	}
	if before := Incumbents(whole.Trials, s.Restarts()); before[2].Seq != 1 || before[6].Seq != 3 {
		t.Errorf("trials 2 and 6 were measured against %d and %d, want 1 and 3", before[2].Seq, before[6].Seq)
	}
	dir := s.Dir()
	must(t, s.Close())
	again, err := Open(dir)
	must(t, err)
	defer again.Close()
	if got := again.View(); !reflect.DeepEqual(got, before) || len(again.Restarts()) != 1 {
		t.Errorf("opened again the view is %+v, want %+v", got, before)
	}
}
