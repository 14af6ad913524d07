package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// A record in memory holds, shows and refuses what one in a file does.
func TestARecordInMemoryIsOneInAFile(t *testing.T) {
	file := created(t)
	memory, err := InMemory(testMeta())
	must(t, err)
	for _, s := range []*Store{file, memory} {
		lived(t, s, 3)
		must(t, s.RecordChat("k", model.Request{Level: model.Level2, Purpose: "explore"}, model.Reply{Text: "yes", TokensIn: 3, CostUSD: 0.5}))
		must(t, s.RecordProposal("greedy", start(1))) // known: passed over
		before, err := s.Events(0)
		must(t, err)
		later, err := NewEvent("other", "1", map[string]int{"x": 1})
		must(t, err)
		other, err := newEvent(kindPropose, "1", proposal{Mechanism: "greedy", Start: start(2)}, nil)
		must(t, err)
		if err := s.Record(later, other); !errors.Is(err, ErrConflict) {
			t.Errorf("another proposal of trial 1: error %v, want %v", err, ErrConflict)
		}
		if after, _ := s.Events(0); len(after) != len(before) {
			t.Errorf("%d events after a batch that was refused, want the %d before", len(after), len(before))
		}
		must(t, s.Record(later)) // as if for the first time
	}
	if got, want := events(t, memory), events(t, file); !reflect.DeepEqual(got, want) {
		t.Errorf("events in memory\n%v\nwant those of the file\n%v", got, want)
	}
	if !reflect.DeepEqual(memory.View(), file.View()) || !reflect.DeepEqual(memory.Tenures(), file.Tenures()) {
		t.Errorf("view in memory\n%+v\nwant that of the file\n%+v", memory.View(), file.View())
	}
	got, err := memory.Usage()
	must(t, err)
	if want, _ := file.Usage(); !reflect.DeepEqual(got, want) || len(got) != 1 || got[0].TokensIn != 3 {
		t.Errorf("usage in memory %+v, want %+v", got, want)
	}
	must(t, memory.Refresh())
	if !reflect.DeepEqual(memory.View(), file.View()) {
		t.Error("the view is another after the record was folded anew")
	}
}

// events are all events but for when they were recorded.
func events(t *testing.T, s *Store) []Event {
	t.Helper()
	all, err := s.Events(0)
	must(t, err)
	for i := range all {
		all[i].At = time.Time{}
	}
	return all
}
