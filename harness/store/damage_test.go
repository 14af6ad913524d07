package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func nan() float64 { return math.NaN() }

// closedRun is a run of 20 trials that nobody has open.
func closedRun(t *testing.T) string {
	t.Helper()
	s := created(t)
	lived(t, s, 20)
	must(t, s.Close())
	return s.Dir()
}

func pragma(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	_, err = db.Exec(statement)
	must(t, err)
}

func TestDamagedAndForeignDatabasesAreRefusedUnchanged(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(closedRun(t), File))
	must(t, err)
	middle := bytes.Clone(whole)
	for i := len(middle) / 3; i < len(middle)*2/3; i++ {
		middle[i] = 0xa5
	}
	for name, test := range map[string]struct {
		bytes []byte
		want  error
		words string
	}{
		"not a database": {[]byte(strings.Repeat("no database ", 100)), ErrCorrupt, ".recover"},
		"cut off":        {whole[:len(whole)/2], ErrCorrupt, ".recover"},
		"overwritten":    {middle, ErrCorrupt, ".recover"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, File)
			must(t, os.WriteFile(path, test.bytes, 0o666))
			for opener, open := range map[string]func(string) (*Store, error){"Open": Open, "Read": Read} {
				if _, err := open(dir); !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.words) {
					t.Errorf("%s: got %v, want %v with the remedy %q", opener, err, test.want, test.words)
				}
			}
			if _, err := Create(dir, testMeta()); err == nil {
				t.Error("Create made a run over it")
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, test.bytes) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestOtherVersionsAndProgramsAreRefused(t *testing.T) {
	newer := closedRun(t)
	pragma(t, filepath.Join(newer, File), "PRAGMA user_version = 99")
	if _, err := Open(newer); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("record of version 99: %v, want an error that names it", err)
	}
	foreign := t.TempDir()
	pragma(t, filepath.Join(foreign, File), "CREATE TABLE t (x)")
	if _, err := Open(foreign); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("database of another program: %v", err)
	}
	damaged := closedRun(t)
	pragma(t, filepath.Join(damaged, File), "DELETE FROM events WHERE kind = 'propose' AND key = '3'")
	if _, err := Open(damaged); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "outcome 3: it was not proposed") {
		t.Errorf("record with a missing proposal: %v, want damage at outcome 3", err)
	}
}

// A disk that is full is what SQLite sees when a database may not grow.
func TestFullDiskLosesNothing(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	before := s.View()
	if _, err := s.db.Exec("PRAGMA max_page_count = 1"); err != nil { // SQLite takes it as the present size
		t.Fatal(err)
	}
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = s.record("filler", fmt.Sprint(i), strings.Repeat("x", 10000), nil)
	}
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "free some space") {
		t.Fatalf("recording on a full disk: %v, want ErrDiskFull with the remedy", err)
	}
	if _, err := s.db.Exec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	must(t, s.RecordOutcome(2, complete(2), false), s.RecordDecision("greedy", decide(2, true)), s.Close())
	again, err := Open(s.Dir())
	must(t, err)
	defer again.Close()
	if v := again.View(); len(v.Trials) != 3 || len(before.Trials) != 2 {
		t.Errorf("after the disk had space again: %d trials, want 3", len(v.Trials))
	}
}
