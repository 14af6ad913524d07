package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A log keeps events in the order of recording. Its methods are safe for concurrent use.
type log interface {
	// add appends those of events that are not in it, all or none; each is checked before. One whose kind and key are in it
	// with another body is ErrConflict.
	add(events []Event, check func(Event) error) error
	list(w which) ([]Event, error)
	body(kind, key string) (body string, found bool, err error)
	close() error
}

// which says what events are wanted; the zero which wants all.
type which struct {
	after  int64    // only those with a higher ID
	kinds  []string // only these
	except string   // not this kind
}

// A fileLog is a log in a SQLite file.
type fileLog struct {
	path string
	db   *sql.DB
}

func (l fileLog) add(events []Event, check func(Event) error) error {
	return l.transact(func(tx *sql.Tx) error {
		for _, e := range events {
			if err := insert(tx, e, check); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l fileLog) transact(f func(*sql.Tx) error) error {
	tx, err := l.db.Begin()
	if err != nil {
		return explain("write", l.path, err)
	}
	if err := f(tx); err != nil {
		tx.Rollback() // the error that matters is err
		return explain("write", l.path, err)
	}
	if err := tx.Commit(); err != nil {
		return explain("write", l.path, err)
	}
	return nil
}

func insert(tx *sql.Tx, e Event, check func(Event) error) error {
	var before string
	switch err := tx.QueryRow("SELECT body FROM events WHERE kind = ? AND key = ?", e.Kind, e.Key).Scan(&before); {
	case err == nil:
		return again(e, before)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	if err := check(e); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO events (kind, key, body, note, at) VALUES (?, ?, ?, ?, ?)",
		e.Kind, e.Key, string(e.Body), string(e.Note), time.Now().UnixMilli())
	return err
}

// again is nil if an event may be passed over because it is recorded with this body.
func again(e Event, before string) error {
	if before == string(e.Body) {
		return nil
	}
	return fmt.Errorf("%s %s: %w: %s", e.Kind, e.Key, ErrConflict, differ(before, string(e.Body)))
}

func (l fileLog) list(w which) ([]Event, error) {
	kinds, err := json.Marshal(w.kinds) // null for all
	if err != nil {
		return nil, err
	}
	rows, err := l.db.Query(`SELECT id, kind, key, body, note, at FROM events
		WHERE id > ? AND (? = 'null' OR kind IN (SELECT value FROM json_each(?))) AND kind <> ? ORDER BY id`, w.after, string(kinds), string(kinds), w.except)
	if err != nil {
		return nil, explain("read", l.path, err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var e Event
		var body, note string
		var at int64
		if err := rows.Scan(&e.ID, &e.Kind, &e.Key, &body, &note, &at); err != nil {
			return nil, explain("read", l.path, err)
		}
		e.Body, e.Note, e.At = json.RawMessage(body), json.RawMessage(note), time.UnixMilli(at).UTC()
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, explain("read", l.path, err)
	}
	return events, nil
}

func (l fileLog) body(kind, key string) (body string, found bool, err error) {
	err = l.db.QueryRow("SELECT body FROM events WHERE kind = ? AND key = ?", kind, key).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, explain("read", l.path, err)
	}
	return body, true, nil
}

func (l fileLog) close() error { return l.db.Close() }
