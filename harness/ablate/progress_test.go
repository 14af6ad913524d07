package ablate

import (
	"math"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
)

// The time that is left goes by the arms that are left, not by the quick ones that are done: runs that ask a model take a
// thousand times those that do not.
func TestTheTimeThatIsLeft(t *testing.T) {
	run := func(arm string, seed uint64) runKey { return runKey{"", "task", seed, arm} }
	m := &meter{
		trials: 10, spent: 203 * time.Second, began: time.Now().Add(-100 * time.Second), waits: map[string]int{"quick": 1},
		by:    map[string]pace{"quick": {trials: 30, took: 3 * time.Second}, "slow": {trials: 10, took: 200 * time.Second}},
		under: map[runKey]*underWay{run("slow", 1): {seq: 5}, run("slow", 2): {seq: 5}},
	}
	// 2 runs of 5 trials of 20 s, about two at a time; the quick one changes little.
	if left := m.left(); math.Abs(left.Seconds()-100) > 3 {
		t.Errorf("%v left, want about 100 s", left)
	}
	delete(m.under, run("slow", 1))
	m.waits = nil
	if left := m.left(); left != 100*time.Second {
		t.Errorf("%v left for one run of 5 trials of 20 s, want 100 s: it cannot go beside itself", left)
	}
}

// Every trial of a run under way is told, and a run that goes on counts what it had.
func TestTrialsUnderWayAreTold(t *testing.T) {
	var told []Progress
	e := &engine{plan: small(t, 1, 1, []string{"rut"}, "A", "R"), done: map[runKey]*finished{}}
	e.parts.Tell = func(p Progress) { told = append(told, p) }
	m := e.newMeter()
	key := runKey{"rut", e.plan.Tasks[0].Name, 1, "A"}
	m.begins(key)
	m.sees(key, evolve.Event{Kind: evolve.EventStarted, Seq: 8}) // the baseline and seven trials
	m.sees(key, evolve.Event{Kind: evolve.EventDecided, Seq: 8})
	m.sees(key, evolve.Event{Kind: evolve.EventSteered, Seq: 9})
	m.finished(key)
	if len(told) != 2 || told[0].Trials != 8 || told[0].Runs != 0 || told[1].Trials != 30 || told[1].Runs != 1 {
		t.Fatalf("told %+v, want 8 trials and then 30 with a finished run", told)
	}
	if p := told[1]; p.Planned != 6 || p.OfTrials != 180 || p.Left <= 0 {
		t.Errorf("told %+v, want 6 runs planned (a task and two null ones, two arms) of 180 trials and some time left", p)
	}
}
