package evolve

import "testing"

// Level 2 costs four rounds and a build: it is left out where fewer than three trials would be its mechanism's. A run that goes on
// later is asked at the next cycle, once.
func TestLevel2IsLeftOutNearTheEnd(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, dir, 7, 1, "foldover")
	s.mustGo(t)
	if n := len(s.Store.Cycles()); n != 0 {
		t.Fatalf("%d cycles with two trials left after the fifth, want none", n)
	}
	if err := s.Store.Extend(13); err != nil {
		t.Fatal(err)
	}
	s.mustGo(t)
	cycles := s.Store.Cycles()
	if len(cycles) != 1 || cycles[0].Seq != 11 || len(s.inventor.seen) != 1 {
		t.Errorf("cycles %+v, level 2 asked %d times; want one, with three trials left after the tenth", cycles, len(s.inventor.seen))
	}
	if got := switches(s.Store); got != "greedy → foldover before trial 11" {
		t.Errorf("changes of charge: %s; want foldover before trial 11", got)
	}
}
