package ablate

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver named "sqlite"

	"github.com/seed161a02ea/bilevel/harness/store"
)

// File is the name of the record in an ablation's folder.
const File = "ablation.db"

// recordVersion is raised when an older program would misread a newer record.
const recordVersion = 1

// applicationID marks the file as ours in its SQLite header: "bilA" in ASCII.
const applicationID = 0x62696c41

// The plan is one row; a run is a row once it is finished. Nothing is ever changed. A run's body is in the form of finished.
const recordSchema = `
CREATE TABLE plan (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL CHECK (json_valid(body))) STRICT;
CREATE TABLE runs (
	profile TEXT NOT NULL, task TEXT NOT NULL, seed TEXT NOT NULL, arm TEXT NOT NULL,
	body    TEXT NOT NULL CHECK (json_valid(body)),
	PRIMARY KEY (profile, task, seed, arm)
) STRICT, WITHOUT ROWID;`

// A record is the durable part of an ablation: its plan and its finished runs.
type record struct {
	path    string
	db      *sql.DB
	release func() // nil when it was opened to be read
	plan    Plan
}

// Exists reports whether dir holds an ablation.
func Exists(dir string) (bool, error) {
	switch _, err := os.Stat(filepath.Join(dir, File)); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("open ablation: %w", err)
	}
	return true, nil
}

// createRecord makes the record of a plan in dir, which may exist, and holds the folder. One that is there already must be
// of the same plan.
func createRecord(dir string, p Plan) (*record, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("create ablation %s: %w", dir, err)
	}
	release, err := store.Hold(dir)
	if err != nil {
		return nil, fmt.Errorf("ablation %s: %w", dir, err)
	}
	r, err := connectRecord(dir, "rwc")
	if err == nil {
		err = r.begin(p)
	}
	if err != nil {
		release()
		return nil, fmt.Errorf("open ablation %s: %w", dir, err)
	}
	r.release = release
	return r, nil
}

// readRecord opens the record in dir to be read, also while another process goes on with it.
func readRecord(dir string) (*record, error) {
	present, err := Exists(dir)
	if err == nil && !present {
		err = fmt.Errorf("no %s in it: %w; make one with bilevel ablate --dir %s", File, fs.ErrNotExist, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open ablation %s: %w", dir, err)
	}
	r, err := connectRecord(dir, "ro")
	if err == nil {
		err = r.load()
	}
	if err != nil {
		return nil, fmt.Errorf("open ablation %s: %w", dir, err)
	}
	return r, nil
}

// connectRecord opens the file. A commit survives a kill of the process; what a loss of power takes with it is made again.
func connectRecord(dir, mode string) (*record, error) {
	path, err := filepath.Abs(filepath.Join(dir, File))
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)"}}
	if mode == "rwc" {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "synchronous(NORMAL)")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // so that the pragmas hold for every statement
	return &record{path: path, db: db}, nil
}

// begin records the plan, or checks that the recorded one is the same.
func (r *record) begin(p Plan) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	var tables int
	if err := r.db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		tx, err := r.db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback() // of no effect once it is committed
		if _, err := tx.Exec(recordSchema + fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, recordVersion)); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO plan (id, body) VALUES (1, ?)", string(body)); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	if err := r.load(); err != nil {
		return err
	}
	if recorded, err := json.Marshal(r.plan); err != nil || string(recorded) != string(body) {
		return errors.Join(err, errors.New("it was made by another plan; leave the flags out to go on with it, or name another folder"))
	}
	return nil
}

// load checks whose file it is and reads the plan.
func (r *record) load() error {
	var id, version int
	if err := errors.Join(r.db.QueryRow("PRAGMA application_id").Scan(&id), r.db.QueryRow("PRAGMA user_version").Scan(&version)); err != nil {
		return err
	}
	if id != applicationID || version != recordVersion {
		return fmt.Errorf("%s has application id %#x and version %d, want %#x and %d; another program or another version made it", File, id, version, applicationID, recordVersion)
	}
	var body string
	if err := r.db.QueryRow("SELECT body FROM plan").Scan(&body); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(body), &r.plan); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}

// add records finished runs, all or none. Those recorded before stay as they are.
func (r *record) add(runs []finished) error {
	tx, err := r.db.Begin()
	if err != nil {
		return fmt.Errorf("write %s: %w", r.path, err)
	}
	defer tx.Rollback() // of no effect once it is committed
	for _, f := range runs {
		body, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("write %s: run of %s: %w", r.path, f.Arm, err)
		}
		if _, err := tx.Exec("INSERT INTO runs (profile, task, seed, arm, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			f.Profile, f.Task, fmt.Sprint(f.Seed), f.Arm, string(body)); err != nil {
			return fmt.Errorf("write %s: %w", r.path, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write %s: %w", r.path, err)
	}
	return nil
}

// all returns the finished runs by what they are of.
func (r *record) all() (map[runKey]*finished, error) {
	rows, err := r.db.Query("SELECT body FROM runs")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", r.path, err)
	}
	defer rows.Close()
	found := map[runKey]*finished{}
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("read %s: %w", r.path, err)
		}
		var f finished
		if err := json.Unmarshal(body, &f); err != nil {
			return nil, fmt.Errorf("read %s: run: %w", r.path, err)
		}
		found[f.runKey] = &f
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", r.path, err)
	}
	return found, nil
}

func (r *record) close() error {
	err := r.db.Close()
	if r.release != nil {
		r.release()
	}
	return err
}
