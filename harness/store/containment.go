package store

import (
	"encoding/json"
	"fmt"
)

// kindContained is an event whose note says what held the runners from then on. Machines differ in what they offer, and no
// decision follows from it, so the body is empty.
const kindContained = "contained" // key: count from 1

// RecordContainment notes what holds the run's runners, unless that was noted last.
func (s *Store) RecordContainment(report any) error {
	now, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("record containment: %w", err)
	}
	all, err := s.EventsOf(kindContained)
	if err != nil {
		return err
	}
	if n := len(all); n > 0 && string(all[n-1].Note) == string(now) {
		return nil
	}
	return s.record(kindContained, fmt.Sprint(len(all)+1), struct{}{}, json.RawMessage(now))
}

// Containment reads what was noted last into report, and returns whether anything was.
func (s *Store) Containment(report any) (bool, error) {
	all, err := s.EventsOf(kindContained)
	if err != nil || len(all) == 0 {
		return false, err
	}
	if err := json.Unmarshal(all[len(all)-1].Note, report); err != nil {
		return false, fmt.Errorf("read run %s: containment: %w", s.dir, err)
	}
	return true, nil
}
