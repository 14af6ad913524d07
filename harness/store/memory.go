package store

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// InMemory makes a run whose record is lost with the process: for runs by the thousand whose trials cost nothing, of which
// only the end is kept. It folds and checks as a record in a file does. Dir is empty.
func InMemory(m Meta) (*Store, error) {
	first, err := m.event()
	if err != nil {
		return nil, err
	}
	s := &Store{log: &memoryLog{at: map[[2]string]int{}}, fold: newFold()}
	if err := s.Record(first); err != nil {
		return nil, fmt.Errorf("make a run in memory: %w", err)
	}
	return s, nil
}

// A memoryLog is a log in memory.
type memoryLog struct {
	mu     sync.Mutex
	events []Event
	at     map[[2]string]int // kind and key → index in events
}

func (l *memoryLog) add(events []Event, check func(Event) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.events)
	for _, e := range events {
		if err := l.addOne(e, check); err != nil {
			for _, e := range l.events[before:] {
				delete(l.at, [2]string{e.Kind, e.Key})
			}
			l.events = l.events[:before]
			return err
		}
	}
	return nil
}

func (l *memoryLog) addOne(e Event, check func(Event) error) error {
	id := [2]string{e.Kind, e.Key}
	if i, ok := l.at[id]; ok {
		return again(e, string(l.events[i].Body))
	}
	if err := check(e); err != nil {
		return err
	}
	l.at[id] = len(l.events)
	e.ID, e.At = int64(len(l.events)+1), time.Now().Truncate(time.Millisecond).UTC()
	l.events = append(l.events, e)
	return nil
}

func (l *memoryLog) list(w which) ([]Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []Event
	for _, e := range l.events {
		if e.ID > w.after && e.Kind != w.except && (w.kinds == nil || slices.Contains(w.kinds, e.Kind)) {
			some = append(some, e)
		}
	}
	return some, nil
}

func (l *memoryLog) body(kind, key string) (string, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := l.at[[2]string{kind, key}]
	if !ok {
		return "", false, nil
	}
	return string(l.events[i].Body), true, nil
}

func (l *memoryLog) close() error { return nil }
