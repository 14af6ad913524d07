// Package memory keeps what runs have taught, for later ones: lessons with the trials that support them, and mechanisms that
// passed their gates with what they did. It is one SQLite file, which several runs may use at once.
//
// What is kept of a run is not its lessons but its moves: each trial as each parameter it changed sees it. A lesson by rule
// is what all moves of one parameter in one scope say together when somebody asks, so that a later run confirms or
// contradicts it by its trials alone. Beside these there are lessons that a language model wrote at the end of a run, each
// with trials that were found to show it (Check), and lessons that a person wrote.
//
// Confidence is for / (for + against + 2) (Confidence), where each move counts by its weight, 1 over the number of independent
// changes of its trial, halved for every HalfLife runs of its space that were learnt from since. Age is counted in runs and not
// in days: what is remembered then follows from the file alone, and a machine that stood still for a month has learnt nothing
// to the contrary. Lessons of another task, space or machine count less (Scope.Like).
//
// Draw finds lessons in a single run by rule; it stands alone.
package memory

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// File is the name of the memory in its folder.
const File = "memory.db"

// Version is the version of the file. It is raised when an older program would misread a newer file.
const Version = 1

// applicationID marks the file as ours in its SQLite header: "bilm" in ASCII.
const applicationID = 0x62696c6d

// HalfLife is after how many runs of the same space a trial counts half: long enough that a handful of runs add up, short
// enough that what has not held for twenty runs is as good as forgotten.
const HalfLife = 10

const schema = `
CREATE TABLE runs (
	n         INTEGER PRIMARY KEY, -- order of learning
	id        TEXT NOT NULL UNIQUE,
	scope     TEXT NOT NULL CHECK (json_valid(scope)),
	space     TEXT NOT NULL,       -- hash
	simulated INTEGER NOT NULL,
	body      TEXT NOT NULL CHECK (json_valid(body)),
	at        INTEGER NOT NULL     -- milliseconds since 1970; shown only
) STRICT;
CREATE TABLE spaces (hash TEXT PRIMARY KEY, body TEXT NOT NULL CHECK (json_valid(body))) STRICT, WITHOUT ROWID;
CREATE TABLE moves (
	run       INTEGER NOT NULL REFERENCES runs (n),
	seq       INTEGER NOT NULL,
	param     TEXT NOT NULL,
	origin    REAL NOT NULL, -- values of the parameter before and after
	target    REAL NOT NULL,
	weight    REAL NOT NULL,
	change    REAL NOT NULL,
	verdict   INTEGER NOT NULL, -- when it was learnt; readers judge anew
	failed    TEXT NOT NULL,
	same      TEXT NOT NULL, -- equal for trials that are one trial, trained once and looked up again
	forgotten INTEGER NOT NULL DEFAULT 0,
	UNIQUE (same, param)
) STRICT;
CREATE TABLE written (
	id   TEXT PRIMARY KEY,
	run  INTEGER NOT NULL, -- runs learnt from when it was written
	body TEXT NOT NULL CHECK (json_valid(body)),
	forgotten INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE edits (
	id         TEXT PRIMARY KEY, -- of a lesson
	text       TEXT,
	confidence REAL
) STRICT, WITHOUT ROWID;
CREATE TABLE mechanisms (
	hash      TEXT PRIMARY KEY,
	body      TEXT NOT NULL CHECK (json_valid(body)),
	passed    TEXT NOT NULL, -- version of the program whose gates it passed last
	refused   TEXT NOT NULL DEFAULT '', -- why later gates refused it
	forgotten INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE deeds (
	hash TEXT NOT NULL REFERENCES mechanisms (hash),
	run  INTEGER NOT NULL REFERENCES runs (n),
	body TEXT NOT NULL CHECK (json_valid(body)),
	PRIMARY KEY (hash, run)
) STRICT, WITHOUT ROWID;
`

// A Memory is an open file. Its methods are safe for concurrent use.
type Memory struct {
	path string
	db   *sql.DB
}

// Open opens the memory in a file, and makes it and its folder if they are not there.
func Open(path string) (*Memory, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("open memory: %w; choose another file with --memory or BILEVEL_MEMORY, or go without by --no-memory", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open memory %s: %w", path, err)
	}
	q := url.Values{"mode": {"rwc"}, "_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
	m := &Memory{path: path}
	if m.db, err = sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}).String()); err != nil {
		return nil, m.explain("open", err)
	}
	m.db.SetMaxOpenConns(1) // so that the pragmas hold for every statement
	if err := m.begin(); err != nil {
		m.db.Close()
		return nil, err
	}
	return m, nil
}

// begin makes the tables of a new file and refuses one that is another program's, or a newer one's.
func (m *Memory) begin() error {
	return m.change(func(tx *sql.Tx) error {
		var id, version, tables int
		err := errors.Join(tx.QueryRow("PRAGMA application_id").Scan(&id), tx.QueryRow("PRAGMA user_version").Scan(&version),
			tx.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables))
		switch {
		case err != nil:
			return err
		case tables == 0:
			_, err := tx.Exec(schema + fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, Version))
			return err
		case id != applicationID:
			return fmt.Errorf("it is a SQLite database of another program (application id %#x, want %#x)", id, applicationID)
		case version != Version:
			return fmt.Errorf("it has version %d, this program reads version %d; use the bilevel that made it", version, Version)
		}
		return nil
	})
}

// change does something in one transaction.
func (m *Memory) change(f func(*sql.Tx) error) error {
	tx, err := m.db.Begin()
	if err != nil {
		return m.explain("write", err)
	}
	if err := f(tx); err != nil {
		tx.Rollback() // the error that matters is err
		return m.explain("write", err)
	}
	if err := tx.Commit(); err != nil {
		return m.explain("write", err)
	}
	return nil
}

// Path is the file.
func (m *Memory) Path() string { return m.path }

// Close releases the file. What was learnt is on the disk already.
func (m *Memory) Close() error { return m.db.Close() }

func (m *Memory) explain(operation string, err error) error {
	if errors.Is(err, ErrUnknown) {
		return err
	}
	return fmt.Errorf("%s memory %s: %w; choose another file with --memory or BILEVEL_MEMORY, or go without by --no-memory", operation, m.path, err)
}

// ErrUnknown says that there is no lesson or mechanism of a name.
var ErrUnknown = errors.New("not remembered")
