package evolve

import (
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/store"
)

// What does worse than its predecessor is taken out on the way, by name and with the reason; the predecessor is back with
// the whole history, and the next cycle of level 2 is told.
func TestAMechanismThatDoesWorseIsRetiredOnTheWay(t *testing.T) {
	for _, name := range []string{"wanders-11", "lingers-11"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, t.TempDir(), 23, 1, name)
			s.Settings.InventEvery = 10
			s.mustGo(t)
			all := s.Store.Switches()
			if len(all) != 2 || all[1].Kind != store.Retire || all[1].From != name || all[1].To != "greedy" || !strings.HasPrefix(all[1].Why, "worse than greedy: 8 of 8 trials") {
				t.Fatalf("changes of charge: %+v; want %s retired for greedy after 8 trials", all, name)
			}
			if all[1].Seq != 19 || all[1].View == "" {
				t.Errorf("retired before trial %d with view %q, want trial 19 and the view's hash", all[1].Seq, all[1].View)
			}
			if told := s.inventor.seen[len(s.inventor.seen)-1].Tried[0]; told.Outcome != "retired" || !strings.Contains(told.Why, "worse than greedy") {
				t.Errorf("level 2 is told %+v, want it retired with the reason", told)
			}
			found := false
			for _, e := range s.events {
				found = found || e.Kind == EventRetired && e.Mechanism == name && e.Seq == 19 && strings.HasPrefix(e.Text, "worse than")
			}
			if !found {
				t.Error("nobody was told that it was retired")
			}
			trials := s.Store.View().Trials
			if len(trials) != 24 || trials[20].By == name {
				t.Errorf("%d trials, trial 20 by %s; want 24, and greedy's model", len(trials), trials[20].By)
			}
		})
	}
}

// One that is as good as its predecessor stays.
func TestAMechanismThatDoesAsWellStays(t *testing.T) {
	s := newStage(t, t.TempDir(), 23, 1, "tabu", "none")
	s.Settings.InventEvery = 10
	s.mustGo(t)
	if got := switches(s.Store); got != "greedy → tabu before trial 11" {
		t.Errorf("changes of charge: %s; want tabu in charge to the end", got)
	}
}

// A run that is stopped anywhere around a retirement makes it once, at the same place, and ends with the same record.
func TestARetirementIsMadeOnceWhereverTheRunIsStopped(t *testing.T) {
	begin := func(dir string) *stage {
		s := newStage(t, dir, 24, 2, "wanders-6", "none", "tabu")
		s.Settings.InventEvery = 5
		return s
	}
	whole := begin(t.TempDir())
	whole.mustGo(t)
	if !strings.Contains(switches(whole.Store), "retire") {
		t.Fatalf("changes of charge: %s; want a retirement", switches(whole.Store))
	}
	stopped(t, whole, begin, func(n int, e Event) bool { return n == 9 || e.Kind == EventRetired })
}
