package evolve

import (
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// A mechanism of an earlier run is offered until the run has taken it up, whatever it is called then.
func TestAncestorsAreOfferedUntilTakenUp(t *testing.T) {
	s := newStage(t, t.TempDir(), 13, 1, "foldover", "none")
	s.Ancestors = []model.Ancestor{{Name: "fold-aaaaaa", Source: "package x // foldover"}, {Name: "sum-bbbbbb", Source: "package sum"}}
	s.mustGo(t)
	if n := len(s.inventor.seen); n != 2 {
		t.Fatalf("level 2 was asked %d times, want twice", n)
	}
	if all := s.inventor.seen[0].Ancestors; len(all) != 2 {
		t.Errorf("offered at first: %+v, want both", all)
	}
	if all := s.inventor.seen[1].Ancestors; len(all) != 1 || all[0].Name != "sum-bbbbbb" {
		t.Errorf("offered after the first was taken up: %+v, want the other", all)
	}
	if tried := s.inventor.seen[1].Tried; len(tried) != 1 {
		t.Errorf("told as tried in this run: %+v, want the one that was", tried)
	}
}
