package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// What a caller may want to tell apart.
var (
	ErrCorrupt  = errors.New("database is damaged")
	ErrDiskFull = errors.New("disk is full")
	ErrConflict = errors.New("recorded differently before")
)

const corruptRemedy = "it was left as it is: copy what can be read with `sqlite3 FILE .recover`, or start again in another folder"

// A LockedError says that another process has the run open.
type LockedError struct {
	Dir string
	PID int // 0 when the other process has not written it yet
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("open run %s: process %d has it open; wait for it or end it, then try again", e.Dir, e.PID)
}

// explain adds to an error of SQLite what it means for the run and what to do about it.
func explain(operation, path string, err error) error {
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		switch se.Code() & 0xff { // the low byte is the primary code
		case lib.SQLITE_FULL:
			return fmt.Errorf("%s %s: %w (%w); free some space and run the same command again, everything recorded so far is kept", operation, path, ErrDiskFull, err)
		case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
			return fmt.Errorf("%s %s: %w (%w); %s", operation, path, ErrCorrupt, err, corruptRemedy)
		case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
			return fmt.Errorf("%s %s: %w; see that the folder exists and may be read and written", operation, path, err)
		}
	}
	return fmt.Errorf("%s %s: %w", operation, path, err)
}
