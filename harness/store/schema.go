package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// Version is the version of the record. It is raised when an older program would misread a newer record.
const Version = 1

// applicationID marks the file as ours in its SQLite header: "bilv" in ASCII.
const applicationID = 0x62696c76

// schema is the whole database. note holds what may differ when the same event is recorded again (durations, places of
// files); body must not. at is milliseconds since 1970 and, like note, for reports only.
const schema = `
CREATE TABLE events (
	id   INTEGER PRIMARY KEY,
	kind TEXT    NOT NULL,
	key  TEXT    NOT NULL,
	body TEXT    NOT NULL CHECK (json_valid(body)),
	note TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(note)),
	at   INTEGER NOT NULL,
	UNIQUE (kind, key)
) STRICT;

CREATE VIEW trials AS
SELECT CAST(p.key AS INTEGER)             AS seq,
       p.body ->> '$.mechanism'           AS mechanism,
       p.body -> '$.start.proposal.point' AS point,
       o.body ->> '$.status'              AS status,
       o.body ->> '$.result.bpb'          AS bpb,
       d.body ->> '$.kept'                AS kept,
       o.note ->> '$.seconds'             AS seconds
FROM events p
LEFT JOIN events o ON o.kind = 'outcome' AND o.key = p.key
LEFT JOIN events d ON d.kind = 'decide' AND d.key = p.key
WHERE p.kind = 'propose' ORDER BY seq;

CREATE VIEW chats AS
SELECT id, key, body ->> '$.request.level' AS level, body ->> '$.request.purpose' AS purpose,
       body -> '$.request.messages' AS messages, body ->> '$.reply.text' AS reply,
       body ->> '$.reply.tokens_in' AS tokens_in, body ->> '$.reply.tokens_out' AS tokens_out,
       coalesce(body ->> '$.reply.cost_usd', 0) AS cost_usd
FROM events WHERE kind = 'chat' ORDER BY id;

CREATE VIEW mechanisms AS
SELECT id, key AS name, body ->> '$.status' AS status, body ->> '$.reason' AS reason,
       body ->> '$.hash' AS hash, body ->> '$.source' AS source
FROM events WHERE kind = 'mechanism' ORDER BY id;

CREATE VIEW switches AS
SELECT id, body ->> '$.seq' AS seq, body ->> '$.kind' AS kind, body ->> '$.from' AS "from", body ->> '$.to' AS "to",
       body ->> '$.why' AS why
FROM events WHERE kind = 'switch' ORDER BY id;
`

// mode says what a connection may do.
type mode string

const (
	readWrite mode = "rwc"
	readOnly  mode = "ro"
)

// connect opens a database file. WAL lets `show` read while a run writes; synchronous FULL makes every commit survive a
// loss of power as well as a kill, for about a millisecond beside seconds of training. One connection, so that the pragmas
// hold for every statement.
func connect(path string, m mode) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	q := url.Values{"mode": {string(m)}, "_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)"}}
	if m == readWrite {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, explain("open", path, err)
	}
	return db, nil
}

// initialise makes the tables and records the run, all or nothing: a killed Create leaves a file with no tables.
func (s *Store) initialise(m Meta) error {
	first, err := m.event()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fileLog{filepath.Join(s.dir, File), s.db}.transact(func(tx *sql.Tx) error {
		if _, err := tx.Exec(schema + fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, Version)); err != nil {
			return err
		}
		return insert(tx, first, s.fold.apply)
	})
}

// hasTables tells a database from the empty file that a killed Create leaves.
func hasTables(path string) (bool, error) {
	db, err := connect(path, readOnly)
	if err != nil {
		return false, err
	}
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil {
		return false, explain("open", path, err)
	}
	return n > 0, nil
}

// verify refuses a file that is damaged, of another program, or of a newer version, before anything is read from it.
func (s *Store) verify() error {
	path := filepath.Join(s.dir, File)
	var id, version int
	if err := errors.Join(s.db.QueryRow("PRAGMA application_id").Scan(&id), s.db.QueryRow("PRAGMA user_version").Scan(&version)); err != nil {
		return explain("open", path, err)
	}
	if id != applicationID {
		return fmt.Errorf("open run %s: %s is a SQLite database of another program (application id %#x, want %#x); name another folder", s.dir, File, id, applicationID)
	}
	if version != Version {
		return fmt.Errorf("open run %s: its record has version %d, this program reads version %d; continue it with the bilevel that made it", s.dir, version, Version)
	}
	var verdict string
	if err := s.db.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return explain("open", path, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("open %s: %w: %s; %s", path, ErrCorrupt, verdict, corruptRemedy)
	}
	return nil
}
