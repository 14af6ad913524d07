package store

import "testing"

func TestContainmentIsNotedWhenItChanges(t *testing.T) {
	s := created(t)
	for _, words := range []string{"walls", "walls", "none", "none", "walls"} {
		if err := s.RecordContainment(map[string]string{"words": words}); err != nil {
			t.Fatal(err)
		}
	}
	events, err := s.EventsOf(kindContained)
	if err != nil || len(events) != 3 {
		t.Fatalf("%d events, %v; want one for each change: 3", len(events), err)
	}
	for _, e := range events {
		if string(e.Body) != "{}" {
			t.Errorf("event %s has body %s; want it empty, so that runs on two machines compare as equal", e.Key, e.Body)
		}
	}
	var last struct{ Words string }
	if found, err := s.Containment(&last); !found || err != nil || last.Words != "walls" {
		t.Errorf("last noted: %v, %+v, %v; want walls", found, last, err)
	}
}
