package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Event is one thing that happened in a run.
type Event struct {
	ID   int64           `json:"id"`   // counts from 1 in the order of recording; set by the store
	Kind string          `json:"kind"` // what happened
	Key  string          `json:"key"`  // to what; unique within the kind
	Body json.RawMessage `json:"body"` // all that a decision may follow from
	Note json.RawMessage `json:"note"` // for reports only: durations and the like, not compared when recorded again
	At   time.Time       `json:"at"`   // when it was recorded first; for reports only, set by the store
}

// newEvent makes an event of values that JSON can hold. A nil note is an empty one.
func newEvent(kind, key string, body, note any) (Event, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return Event{}, fmt.Errorf("record %s %s: %w", kind, key, err)
	}
	n := []byte("{}")
	if note != nil {
		if n, err = json.Marshal(note); err != nil {
			return Event{}, fmt.Errorf("record %s %s: %w", kind, key, err)
		}
	}
	return Event{Kind: kind, Key: key, Body: b, Note: n}, nil
}

// NewEvent makes an event of a kind that the store itself does not interpret, to be recorded by Record or together with a
// decision. The key must be unique within the kind.
func NewEvent(kind, key string, body any) (Event, error) { return newEvent(kind, key, body, nil) }

// Record records events, all or none. Those recorded before with an equal body are passed over.
func (s *Store) Record(events ...Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.log.add(events, s.fold.apply)
	if err == nil {
		return nil
	}
	// The fold may have taken in events that were not recorded after all.
	if again := s.reload(); again != nil {
		return errors.Join(err, again)
	}
	return err
}

// record is Record for one event that is made of values.
func (s *Store) record(kind, key string, body, note any) error {
	return s.recordOne(newEvent(kind, key, body, note))
}

// recordOne is Record for what made an event.
func (s *Store) recordOne(e Event, err error) error {
	if err != nil {
		return err
	}
	return s.Record(e)
}

// Events returns the recorded events with an ID above after, in order.
func (s *Store) Events(after int64) ([]Event, error) {
	return s.log.list(which{after: after})
}

// EventsOf returns the recorded events of one kind, in order.
func (s *Store) EventsOf(kind string) ([]Event, error) {
	return s.log.list(which{kinds: []string{kind}})
}

// Refresh folds the record anew, with what another process has recorded since.
func (s *Store) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reload()
}

// reload leaves out chats, which are long and looked up by key.
func (s *Store) reload() error {
	events, err := s.log.list(which{except: kindChat})
	if err != nil {
		return err
	}
	f := newFold()
	for _, e := range events {
		if err := f.apply(e); err != nil {
			return fmt.Errorf("read run %s: event %d: %w: %w; %s", s.dir, e.ID, err, ErrCorrupt, corruptRemedy)
		}
	}
	s.fold = f
	return nil
}

// differ shows two texts around the first byte in which they differ.
func differ(before, now string) string {
	const ahead, most = 60, 160 // bytes shown before the difference, and in all
	at := 0
	for at < len(before) && at < len(now) && before[at] == now[at] {
		at++
	}
	cut := func(s string) string {
		from, to := max(0, at-ahead), min(len(s), at-ahead+most)
		return strings.ToValidUTF8(s[min(from, len(s)):max(from, to)], "")
	}
	return fmt.Sprintf("from byte %d it was …%s…, now …%s…", max(0, at-ahead), cut(before), cut(now))
}
