// Package store keeps the durable record of one run.
//
// A run is a folder with one SQLite file, run.db. Its table of events is the truth: it is only ever appended to, and every
// event has a kind and a key that together occur once. Everything a run knows (its view, mechanisms, costs) is folded from
// the events when the folder is opened and after every new one; the SQL views of the file show the same to people. An
// event, or a batch of them, is one transaction that has reached the disk when the call that records it returns, so
// a process that is killed at any instant loses at most what it had not yet recorded.
//
// Recording is idempotent: the same thing twice is recorded once, a different thing under the same key is an error that names
// both. So whoever resumes a run may simply do its last step again.
package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// File is the name of the database in a run's folder.
const File = "run.db"

// A Store is one run's record. Its methods are safe for concurrent use.
type Store struct {
	dir  string  // empty for a record in memory
	lock *lock   // nil when read only
	db   *sql.DB // nil for a record in memory
	log  log

	mu   sync.Mutex // guards fold, and makes a check and the insert that follows it one step
	fold *fold
}

// Create makes a new run in dir, which may exist but must not hold a run (fs.ErrExist), and locks it.
func Create(dir string, m Meta) (*Store, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("create run %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("create run %s: %w", dir, err)
	}
	l, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	s, err := create(dir, m)
	if err != nil {
		l.release()
		return nil, err
	}
	s.lock = l
	return s, nil
}

func create(dir string, m Meta) (*Store, error) {
	path := filepath.Join(dir, File)
	switch present, err := holdsRun(path); {
	case err != nil:
		return nil, err
	case present:
		return nil, fmt.Errorf("create run %s: it holds a run already: %w; continue it with --dir, or name another folder", dir, fs.ErrExist)
	}
	db, err := connect(path, readWrite)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, db: db, log: fileLog{path, db}, fold: newFold()}
	if err := s.initialise(m); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// Open opens the run in dir to continue it, and locks it. The error wraps fs.ErrNotExist when dir holds no run, and is a
// *LockedError when another process has it open.
func Open(dir string) (*Store, error) {
	if err := wantRun(dir); err != nil {
		return nil, err
	}
	l, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	s, err := open(dir, readWrite)
	if err != nil {
		l.release()
		return nil, err
	}
	s.lock = l
	return s, nil
}

// Read opens the run in dir to look at it, also while another process continues it. What is recorded later is seen after
// Refresh. Recording returns an error.
func Read(dir string) (*Store, error) {
	if err := wantRun(dir); err != nil {
		return nil, err
	}
	return open(dir, readOnly)
}

// Exists reports whether dir holds a run.
func Exists(dir string) (bool, error) { return holdsRun(filepath.Join(dir, File)) }

func wantRun(dir string) error {
	present, err := Exists(dir)
	if err == nil && !present {
		err = fmt.Errorf("open run %s: no %s in it: %w; start one with bilevel evolve --dir %s", dir, File, fs.ErrNotExist, dir)
	}
	return err
}

// holdsRun is false for a database that a killed Create left behind before its first event: SQLite has no table in it yet.
func holdsRun(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("open run: %w", err)
	case info.Size() > 0:
		return hasTables(path)
	}
	return false, nil
}

func open(dir string, mode mode) (*Store, error) {
	path := filepath.Join(dir, File)
	db, err := connect(path, mode)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, db: db, log: fileLog{path, db}}
	if err := s.verify(); err != nil {
		db.Close()
		return nil, err
	}
	if err := s.Refresh(); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// Dir is the run's folder.
func (s *Store) Dir() string { return s.dir }

// Close releases the run. What was recorded is on the disk already.
func (s *Store) Close() error {
	err := s.log.close()
	if s.lock != nil {
		s.lock.release()
		s.lock = nil
	}
	if err != nil {
		return fmt.Errorf("close run %s: %w", s.dir, err)
	}
	return nil
}
