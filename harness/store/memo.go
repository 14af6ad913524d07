package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed161a02ea/bilevel/harness/task"
)

// MemoFile is the name of the memo in the cache folder.
const MemoFile = "trials.db"

// A Memo remembers the outcomes of trials by content across runs, so that no run trains what another has trained. It is a
// cache: it may be deleted at any time, and several processes may use it at once.
type Memo struct {
	path string
	db   *sql.DB
}

const memoSchema = `
CREATE TABLE IF NOT EXISTS trials (
	content TEXT PRIMARY KEY,
	outcome TEXT    NOT NULL CHECK (json_valid(outcome)),
	at      INTEGER NOT NULL -- milliseconds since 1970
) STRICT, WITHOUT ROWID;`

// OpenMemo opens the memo in a cache folder, and makes both if they are not there.
func OpenMemo(dir string) (*Memo, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("open memo of trials: %w", err)
	}
	m := &Memo{path: filepath.Join(dir, MemoFile)}
	var err error
	if m.db, err = connect(m.path, readWrite); err != nil {
		return nil, m.explain("open", err)
	}
	if err := m.begin(); err != nil {
		m.db.Close()
		return nil, err
	}
	return m, nil
}

func (m *Memo) begin() error {
	var version int
	if err := m.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return m.explain("open", err)
	}
	if version > Version {
		return fmt.Errorf("open memo of trials %s: version %d, this program reads up to %d; use another BILEVEL_CACHE or the newer bilevel", m.path, version, Version)
	}
	if _, err := m.db.Exec(memoSchema + fmt.Sprintf("PRAGMA user_version = %d;", Version)); err != nil {
		return m.explain("open", err)
	}
	return nil
}

// Lookup returns the outcome of a trial with this content, or false.
func (m *Memo) Lookup(content string) (task.Outcome, bool, error) {
	var body string
	err := m.db.QueryRow("SELECT outcome FROM trials WHERE content = ?", content).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) || content == "" {
		return task.Outcome{}, false, nil
	}
	if err != nil {
		return task.Outcome{}, false, m.explain("read", err)
	}
	var o task.Outcome
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		return task.Outcome{}, false, m.explain("read", fmt.Errorf("trial %s: %w", content, err))
	}
	return o, true, nil
}

// Add remembers an outcome, if it is deterministic. What is remembered for its content already stays.
func (m *Memo) Add(o task.Outcome) error {
	if !o.Deterministic() {
		return nil
	}
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("memo of trials: %w", err)
	}
	_, err = m.db.Exec("INSERT INTO trials (content, outcome, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", o.Content, string(body), time.Now().UnixMilli())
	if err != nil {
		return m.explain("write", err)
	}
	return nil
}

// Close releases the memo.
func (m *Memo) Close() error { return m.db.Close() }

func (m *Memo) explain(operation string, err error) error {
	return fmt.Errorf("%w (the memo of trials is a cache and may be deleted)", explain(operation, m.path, err))
}
