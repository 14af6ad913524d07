package memory

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Run is a finished run as the memory learns from it.
type Run struct {
	ID    string // the same whenever this run, or a longer version of it, is learnt from
	Scope Scope
	Space mechanisms.Space

	Trials []mechanisms.Trial // decided, in Seq order
	// Same returns what tells a trial from all others, in whichever run: the content of a deterministic one, so that
	// a trial that was trained once and looked up by later runs counts once. It is empty where the trial is like no other.
	Same  func(seq int) string
	Noise float64 // standard deviation of a trial in bits per byte

	Seed      uint64
	Model     string
	Mechanism string // that the run began with
	Dir       string // where its record is; shown only
}

// Beyond is the least difference of two of the run's trials, in bits per byte, that is not put down to chance. The run has a
// baseline.
func (r Run) Beyond() float64 { return Beyond(r.Noise, r.Trials[0].BPB) }

// runBody is what is kept of a run itself: for people, but for the baseline and the noise, by which its moves are judged.
type runBody struct {
	Seed      uint64  `json:"seed"`
	Model     string  `json:"model"`
	Mechanism string  `json:"mechanism"`
	Dir       string  `json:"dir"`
	Trials    int     `json:"trials"` // after the baseline
	Baseline  float64 `json:"baseline"`
	Best      float64 `json:"best"`
	Noise     float64 `json:"noise,omitempty"`
}

// Learn takes in a run, and returns how many of its moves are new. Learning the same run again changes nothing; a run that
// was continued adds what is new.
func (m *Memory) Learn(r Run) (added int, err error) {
	if len(r.Trials) == 0 || !r.Trials[0].OK() {
		return 0, nil
	}
	err = m.change(func(tx *sql.Tx) error {
		n, err := enter(tx, r)
		if err != nil {
			return err
		}
		added, err = addMoves(tx, n, r)
		return err
	})
	return added, err
}

// enter finds the run's place in the order of learning, or makes one.
func enter(tx *sql.Tx, r Run) (n int64, err error) {
	body := runBody{Seed: r.Seed, Model: r.Model, Mechanism: r.Mechanism, Dir: r.Dir, Trials: len(r.Trials) - 1, Baseline: r.Trials[0].BPB, Best: r.Trials[0].BPB, Noise: r.Noise}
	for _, t := range r.Trials {
		if t.OK() && t.BPB < body.Best {
			body.Best = t.BPB
		}
	}
	space, err1 := json.Marshal(r.Space)
	scope, err2 := json.Marshal(r.Scope)
	text, err3 := json.Marshal(body)
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, fmt.Errorf("run %s: %w", r.ID, err)
	}
	if _, err := tx.Exec("INSERT INTO spaces (hash, body) VALUES (?, ?) ON CONFLICT DO NOTHING", r.Scope.SpaceHash, string(space)); err != nil {
		return 0, err
	}
	switch err := tx.QueryRow("SELECT n FROM runs WHERE id = ?", r.ID).Scan(&n); {
	case err == nil:
		_, err := tx.Exec("UPDATE runs SET body = ? WHERE n = ?", string(text), n)
		return n, err
	case !errors.Is(err, sql.ErrNoRows):
		return 0, err
	}
	res, err := tx.Exec("INSERT INTO runs (id, scope, space, simulated, body, at) VALUES (?, ?, ?, ?, ?, ?)",
		r.ID, string(scope), r.Scope.SpaceHash, r.Scope.Simulated, string(text), time.Now().UnixMilli())
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// addMoves adds those of a run's moves that no run has brought before.
func addMoves(tx *sql.Tx, n int64, r Run) (added int, err error) {
	before := mechanisms.Incumbents(r.Trials)
	for i, moves := range movesOf(r.Space, r.Trials, r.Beyond()) {
		for _, v := range moves {
			res, err := tx.Exec(`INSERT INTO moves (run, seq, param, origin, target, weight, change, verdict, failed, same)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				n, v.seq, r.Space.Params[i].Name, v.from, v.to, v.weight, v.change, int(v.verdict), string(v.failed), same(r, before[at(r.Trials, v.seq)].Seq, v.seq))
			if err != nil {
				return added, err
			}
			rows, err := res.RowsAffected()
			if err != nil {
				return added, err
			}
			added += int(rows)
		}
	}
	return added, nil
}

// same tells a move from all others: a trial and the incumbent it was held against.
func same(r Run, before, seq int) string {
	if a, b := r.Same(before), r.Same(seq); a != "" && b != "" {
		return hash(r.Scope.key(), a, b)
	}
	return hash(r.ID, seq)
}

// at is the place of trial seq.
func at(trials []mechanisms.Trial, seq int) int {
	for k, t := range trials {
		if t.Seq == seq {
			return k
		}
	}
	return 0
}
