package evolve

import (
	"testing"

	"github.com/seed161a02ea/bilevel/harness/store"
)

// What the model is told of a mechanism is what it is now: one whose successor was taken out is in charge again.
func TestFateIsTheLastChangeOfCharge(t *testing.T) {
	s := newStage(t, t.TempDir(), 20, 1)
	for n, x := range []struct {
		kind             store.Change
		from, to         string
		first, successor string // fates after this change
	}{
		{store.HandOver, "greedy", "first", "active", "active"},
		{store.HandOver, "first", "second", "replaced", "active"},
		{store.Retire, "second", "first", "active", "retired"},
		{store.Quarantine, "first", "greedy", "quarantined", "retired"},
	} {
		if err := s.Store.RecordSwitch(store.Switch{N: n, Seq: n + 1, Kind: x.kind, From: x.from, To: x.to}); err != nil {
			t.Fatal(err)
		}
		first, _ := s.fate("first")
		second, _ := s.fate("second")
		if first != x.first || second != x.successor {
			t.Errorf("after %s %s → %s: first is %s, second %s; want %s and %s", x.kind, x.from, x.to, first, second, x.first, x.successor)
		}
	}
}
