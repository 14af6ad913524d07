package memory

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// MaxText bounds the words of a lesson, in bytes: it stands in the prompts of later runs.
const MaxText = 300

// A Statement is a lesson that somebody wrote.
type Statement struct {
	Kind      Kind    `json:"kind"` // ByModel or ByPerson
	Text      string  `json:"text"`
	Param     string  `json:"param,omitempty"`
	Direction int     `json:"direction,omitempty"`
	Effect    float64 `json:"effect,omitempty"` // change of bits per byte; negative is better
	// Confidence is a person's own, which does not fade. Of a model's statement it follows from its trials and is left out.
	Confidence float64 `json:"confidence,omitempty"`
	Scope      Scope   `json:"scope"`
	Run        string  `json:"run,omitempty"` // that a model's statement was drawn from
	Trials     []int   `json:"trials,omitempty"`
}

// check returns an error unless the statement can be remembered.
func (s Statement) check() error {
	switch {
	case strings.TrimSpace(s.Text) == "":
		return errors.New("a lesson needs words")
	case len(s.Text) > MaxText:
		return fmt.Errorf("the words of a lesson have %d bytes, want at most %d", len(s.Text), MaxText)
	case !utf8.ValidString(s.Text) || strings.ContainsFunc(s.Text, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return errors.New("the words of a lesson are one line of plain text")
	case s.Direction < -1 || s.Direction > 1:
		return fmt.Errorf("direction %d, want -1, 0 or +1", s.Direction)
	case s.Direction != 0 && s.Param == "":
		return errors.New("a direction needs a parameter")
	case !(s.Confidence >= 0 && s.Confidence <= 1):
		return fmt.Errorf("confidence %v, want 0 to 1", s.Confidence)
	case math.IsNaN(s.Effect) || math.IsInf(s.Effect, 0):
		return fmt.Errorf("effect %v, want a number", s.Effect)
	}
	return nil
}

// Write remembers a statement and returns its ID. The same again changes nothing, unless it was forgotten: then it is
// remembered anew where a person wrote it, and stays forgotten where a model did.
func (m *Memory) Write(s Statement) (id string, err error) {
	if err := s.check(); err != nil {
		return "", fmt.Errorf("remember: %w", err)
	}
	id = string(s.Kind)[:1] + hash(s.Kind, s.Text, s.Param, s.Direction, s.Scope.key(), s.Scope.Task, s.Run)[:7]
	body, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("remember: %w", err)
	}
	err = m.change(func(tx *sql.Tx) error {
		if s.Kind == ByPerson {
			if _, err := tx.Exec("DELETE FROM written WHERE id = ?", id); err != nil {
				return err
			}
		}
		_, err := tx.Exec("INSERT INTO written (id, run, body) VALUES (?, (SELECT coalesce(max(n), 0) FROM runs), ?) ON CONFLICT DO NOTHING", id, string(body))
		return err
	})
	return id, err
}

// written returns the statements that are not forgotten. The confidence of a model's follows from the trials of its topic
// where it says which way a parameter helps, and from its own trials where it does not.
func (m *Memory) written(runs map[int64]*learnt, topics []*topic) ([]Lesson, error) {
	rows, err := m.db.Query("SELECT id, run, body FROM written WHERE forgotten = 0 ORDER BY id")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	var all []Lesson
	for rows.Next() {
		var l Lesson
		var body string
		var n int64
		var s Statement
		if err := errors.Join(rows.Scan(&l.ID, &n, &body), json.Unmarshal([]byte(body), &s)); err != nil {
			return nil, m.explain("read", err)
		}
		l.Kind, l.Scope = s.Kind, s.Scope
		l.Lesson = mechanisms.Lesson{Text: s.Text, Param: s.Param, Direction: s.Direction, Effect: s.Effect, Confidence: s.Confidence}
		for _, r := range runs {
			if r.n > n && r.scope.SpaceHash == s.Scope.SpaceHash && r.simulated == s.Scope.Simulated {
				l.Age++
			}
			if r.id == s.Run {
				l.baseline = r.body.Baseline
			}
		}
		if s.Kind == ByModel {
			l.rest(s, topics)
		}
		all = append(all, l)
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	return all, nil
}

// rest weighs a model's statement by the moves that it rests on: those that the rule weighs for its parameter and direction, or
// its own trials where it says no direction.
func (l *Lesson) rest(s Statement, topics []*topic) {
	seen, shown := map[string]bool{}, []move(nil)
	add := func(v remembered, against bool) {
		if against {
			l.Against += v.weight
		} else {
			l.For += v.weight
		}
		seen[v.run.id] = true
		l.Trials = append(l.Trials, Support{Run: v.run.id, Dir: v.run.body.Dir, Seq: v.seq, Against: against, Weight: v.weight})
	}
	for _, t := range topics {
		if t.scope.key() != s.Scope.key() || t.param.Name != s.Param {
			continue
		}
		if s.Direction == 0 {
			for _, v := range t.moves {
				if v.run.id == s.Run && slices.Contains(s.Trials, v.seq) {
					add(v, false)
					shown = append(shown, v.move)
				}
			}
			if len(shown) > 0 {
				l.fact = factOf(t.param, shown[0].verdict, ways(t.param, shown)...)
			}
			continue
		}
		w := way{direction: s.Direction}
		d, ok := judge(t.param, w, t.plain())
		if ok {
			l.fact = factOf(t.param, d.verdict, w)
		}
		turned := d.Direction != s.Direction // the rule says by now that it hurts
		for _, i := range d.Supports {
			add(t.moves[i], turned)
		}
		for _, i := range d.Contradicts {
			add(t.moves[i], !turned)
		}
	}
	l.Runs = len(seen)
	l.Confidence = Confidence(l.For, l.Against)
}

// Edit changes the words or the confidence of a lesson; nil leaves either. A confidence that was set stays, whatever later
// runs show.
func (m *Memory) Edit(id string, text *string, confidence *float64) error {
	l, err := m.Find(id)
	if err != nil {
		return err
	}
	s := Statement{Text: l.Text, Confidence: l.Confidence}
	if text != nil {
		s.Text = *text
	}
	if confidence != nil {
		s.Confidence = *confidence
	}
	if err := s.check(); err != nil {
		return fmt.Errorf("edit lesson %s: %w", l.ID, err)
	}
	return m.change(func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO edits (id, text, confidence) VALUES (?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET text = coalesce(excluded.text, text), confidence = coalesce(excluded.confidence, confidence)`, l.ID, text, confidence)
		return err
	})
}

// Forget forgets a lesson. The trials that a lesson by rule rests on count no more; new ones that say the same make it anew.
func (m *Memory) Forget(id string) error {
	l, err := m.Find(id)
	if err != nil {
		return err
	}
	return m.change(func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM edits WHERE id = ?", l.ID); err != nil {
			return err
		}
		if l.Kind != ByRule {
			_, err := tx.Exec("UPDATE written SET forgotten = 1 WHERE id = ?", l.ID)
			return err
		}
		for _, t := range l.Trials {
			_, err := tx.Exec("UPDATE moves SET forgotten = 1 WHERE run = (SELECT n FROM runs WHERE id = ?) AND seq = ? AND param = ?", t.Run, t.Seq, l.Param)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ForgetAll forgets everything, mechanisms too: the file is as new. It returns how many runs it had learnt from.
func (m *Memory) ForgetAll() (runs int, err error) {
	err = m.change(func(tx *sql.Tx) error {
		if err := tx.QueryRow("SELECT count(*) FROM runs").Scan(&runs); err != nil {
			return err
		}
		for _, table := range []string{"deeds", "mechanisms", "moves", "written", "edits", "runs", "spaces"} {
			if _, err := tx.Exec("DELETE FROM " + table); err != nil {
				return err
			}
		}
		return nil
	})
	return runs, err
}
