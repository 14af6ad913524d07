package evolve

import (
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// within starts the stage's runners in the test's own process.
func (s *stage) within() {
	s.Start = func(i Image) (Runner, error) {
		current, shadow := find(i.Name), mechanisms.Entry{}
		current.Hash = i.Hash
		if i.Shadow != "" {
			shadow = find(i.Shadow)
		}
		return Inside(current, shadow), nil
	}
}

// decisions is the record of a run but for what tells one machine or moment from another.
func decisions(t *testing.T, s *store.Store) string {
	t.Helper()
	events, err := s.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, e := range events {
		text.WriteString(e.Kind + " " + e.Key + " " + string(e.Body) + "\n")
	}
	return text.String()
}

// A runner in this process is asked and answered as one in its own, hand-overs and shadows included: the records agree in
// every byte.
func TestARunnerInsideDecidesAsAProcess(t *testing.T) {
	for _, parallel := range []int{1, 3} {
		inside, process := newStage(t, t.TempDir(), 20, parallel, "foldover", "none", "tpe"), newStage(t, t.TempDir(), 20, parallel, "foldover", "none", "tpe")
		inside.within()
		inside.mustGo(t)
		process.mustGo(t)
		if got, want := decisions(t, inside.Store), decisions(t, process.Store); got != want {
			t.Errorf("parallel %d: record of a run inside\n%.3000s\nwant that of processes\n%.3000s", parallel, got, want)
		}
		if n := len(inside.Store.Switches()); n < 2 {
			t.Errorf("parallel %d: %d changes of charge, want at least 2", parallel, n)
		}
	}
}

// A mechanism that fails inside is taken out as one in a process is.
func TestAVillainInsideIsTakenOut(t *testing.T) {
	s := newStage(t, t.TempDir(), 10, 1, "panics-8")
	s.within()
	s.mustGo(t)
	if !s.Store.Quarantined("panics-8") || len(s.Store.View().Trials) != 11 {
		t.Errorf("switches %s, %d trials; want panics-8 quarantined and 11 trials", switches(s.Store), len(s.Store.View().Trials))
	}
}
