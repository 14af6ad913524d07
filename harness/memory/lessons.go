package memory

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Kind says who found a lesson.
type Kind string

// Who finds lessons.
const (
	ByRule   Kind = "rule"   // what all moves of one parameter say together
	ByModel  Kind = "model"  // a language model wrote it, and its trials show it
	ByPerson Kind = "person" // a person wrote it
)

// A Lesson is one thing remembered.
type Lesson struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	mechanisms.Lesson
	Scope   Scope     `json:"scope"`
	For     float64   `json:"for"`     // weight of the trials that show it, as old as they are
	Against float64   `json:"against"` // and of those that show the contrary
	Trials  []Support `json:"trials"`
	Runs    int       `json:"runs"` // that its trials come from
	Age     int       `json:"age"`  // runs of its space learnt from since its latest trial, or since it was written
	Edited  bool      `json:"edited,omitempty"`

	Measure mechanisms.Measure `json:"measure,omitzero"` // what Effect is a change of; Measure.Own gives it its own sign

	baseline float64 // value of the default point where it was learnt, for comparison with effects elsewhere; 0 is unknown
	fact     string  // equal for lessons of rule and model that say one thing of one parameter; empty where that is unknown
}

// A Support is a trial that a lesson rests on, or that contradicts it.
type Support struct {
	Run     string  `json:"run"` // ID
	Dir     string  `json:"dir"` // where the record was
	Seq     int     `json:"seq"`
	Against bool    `json:"against,omitempty"`
	Weight  float64 `json:"weight"` // as old as it is
}

// remembered is a move with where it comes from.
type remembered struct {
	move
	run   *learnt
	fresh float64 // weight without age
}

// learnt is a run that was learnt from.
type learnt struct {
	n         int64
	id        string
	scope     Scope
	simulated bool
	body      runBody
	at        int64
	age       int // runs of the same space and provenance learnt from later
}

// Lessons returns everything remembered, the surest first; by ID where two are equally sure.
func (m *Memory) Lessons() ([]Lesson, error) {
	var all []Lesson
	runs, err := m.runs()
	if err != nil {
		return nil, err
	}
	topics, err := m.topics(runs)
	if err != nil {
		return nil, err
	}
	edits, err := m.edits()
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		all = append(all, t.lessons()...)
	}
	written, err := m.written(runs, topics)
	if err != nil {
		return nil, err
	}
	all = append(all, written...)
	spaces, err := m.spaces()
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Measure = spaces[all[i].Scope.SpaceHash].Measure
		if e, ok := edits[all[i].ID]; ok {
			all[i].edit(e)
		}
	}
	slices.SortFunc(all, func(a, b Lesson) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// runs returns what was learnt from, by n.
func (m *Memory) runs() (map[int64]*learnt, error) {
	rows, err := m.db.Query("SELECT n, id, scope, simulated, body, at FROM runs ORDER BY n")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	all := map[int64]*learnt{}
	for rows.Next() {
		r := &learnt{}
		var scope, body string
		if err := errors.Join(rows.Scan(&r.n, &r.id, &scope, &r.simulated, &body, &r.at), json.Unmarshal([]byte(scope), &r.scope), json.Unmarshal([]byte(body), &r.body)); err != nil {
			return nil, m.explain("read", err)
		}
		for _, earlier := range all {
			if earlier.scope.SpaceHash == r.scope.SpaceHash && earlier.simulated == r.simulated {
				earlier.age++
			}
		}
		all[r.n] = r
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	return all, nil
}

// A topic is all moves of one parameter in one scope.
type topic struct {
	scope Scope
	param mechanisms.Param
	moves []remembered
}

// topics gathers the moves that are not forgotten, in an order that follows from the file alone.
func (m *Memory) topics(runs map[int64]*learnt) ([]*topic, error) {
	spaces, err := m.spaces()
	if err != nil {
		return nil, err
	}
	rows, err := m.db.Query("SELECT run, seq, param, origin, target, weight, change, failed FROM moves WHERE forgotten = 0 ORDER BY run, seq, param")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	found, order := map[string]*topic{}, []*topic{}
	for rows.Next() {
		var v remembered
		var n int64
		var name string
		if err := rows.Scan(&n, &v.seq, &name, &v.from, &v.to, &v.fresh, &v.change, &v.failed); err != nil {
			return nil, m.explain("read", err)
		}
		v.run = runs[n]
		v.weight = v.fresh
		v.verdict = v.judged(Beyond(v.run.body.Noise, v.run.body.Baseline)) // by today's rule: an older program may have judged otherwise
		v.weight = v.fresh * math.Exp2(-float64(v.run.age)/HalfLife)
		key := v.run.scope.key() + name
		if found[key] == nil {
			s := spaces[v.run.scope.SpaceHash]
			i := s.Index(name)
			if i < 0 {
				return nil, m.explain("read", fmt.Errorf("run %s moved %s, which its space %s does not have", v.run.id, name, s.Name))
			}
			found[key] = &topic{scope: v.run.scope, param: s.Params[i]}
			order = append(order, found[key])
		}
		found[key].moves = append(found[key].moves, v)
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	return order, nil
}

func (m *Memory) spaces() (map[string]mechanisms.Space, error) {
	rows, err := m.db.Query("SELECT hash, body FROM spaces")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	all := map[string]mechanisms.Space{}
	for rows.Next() {
		var key, body string
		var s mechanisms.Space
		if err := errors.Join(rows.Scan(&key, &body), json.Unmarshal([]byte(body), &s)); err != nil {
			return nil, m.explain("read", err)
		}
		all[key] = s
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	return all, nil
}

// lessons judges the topic's moves as Draw judges those of one run, with their weights as old as they are.
func (t *topic) lessons() []Lesson {
	var all []Lesson
	moves := t.plain()
	for _, w := range ways(t.param, moves) {
		if d, ok := judge(t.param, w, moves); ok {
			all = append(all, t.lesson(w, "", d))
		}
	}
	if d, ok := inert(t.param, moves); ok {
		all = append(all, t.lesson(way{}, "nothing", d))
	}
	return all
}

// plain numbers the moves through, since Seq tells only those of one run apart.
func (t *topic) plain() []move {
	moves := make([]move, len(t.moves))
	for i, v := range t.moves {
		moves[i] = v.move
		moves[i].seq = i
	}
	return moves
}

// factOf is what a lesson says in short: of which parameter, what became of it, and which ways it was moved.
func factOf(p mechanisms.Param, v verdict, w ...way) string {
	if v == nothing {
		w = nil
	}
	return fmt.Sprint(p.Name, " ", v.word(), " ", w)
}

func (t *topic) lesson(w way, what string, d Drawn) Lesson {
	l := Lesson{
		ID: "r" + hash(t.scope.key(), t.param.Name, w.direction, w.label, what)[:7], Kind: ByRule, Lesson: d.Lesson, Scope: t.scope, For: d.For, Against: d.Against, Age: math.MaxInt,
		fact: factOf(t.param, d.verdict, w),
	}
	seen := map[string]bool{}
	for _, part := range []struct {
		at      []int
		against bool
	}{{d.Supports, false}, {d.Contradicts, true}} {
		for _, i := range part.at {
			v := t.moves[i]
			seen[v.run.id] = true
			l.Age, l.baseline = min(l.Age, v.run.age), v.run.body.Baseline
			l.Trials = append(l.Trials, Support{Run: v.run.id, Dir: v.run.body.Dir, Seq: v.seq, Against: part.against, Weight: v.weight})
		}
	}
	l.Runs = len(seen)
	return l
}

// An edit is what a person made of a lesson.
type edit struct {
	text       sql.NullString
	confidence sql.NullFloat64
}

func (l *Lesson) edit(e edit) {
	l.Edited = true
	if e.text.Valid {
		l.Text = e.text.String
	}
	if e.confidence.Valid {
		l.Confidence = e.confidence.Float64
	}
}

func (m *Memory) edits() (map[string]edit, error) {
	rows, err := m.db.Query("SELECT id, text, confidence FROM edits")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	all := map[string]edit{}
	for rows.Next() {
		var id string
		var e edit
		if err := rows.Scan(&id, &e.text, &e.confidence); err != nil {
			return nil, m.explain("read", err)
		}
		all[id] = e
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	return all, nil
}

// Find returns the lesson whose ID is id, or begins with it if only one does.
func (m *Memory) Find(id string) (Lesson, error) {
	all, err := m.Lessons()
	if err != nil {
		return Lesson{}, err
	}
	var hits []Lesson
	for _, l := range all {
		if l.ID == id {
			return l, nil
		}
		if id != "" && len(l.ID) > len(id) && l.ID[:len(id)] == id {
			hits = append(hits, l)
		}
	}
	switch len(hits) {
	case 1:
		return hits[0], nil
	case 0:
		return Lesson{}, fmt.Errorf("lesson %s: %w; bilevel memory list names those that are", id, ErrUnknown)
	}
	ids := map[string]bool{}
	for _, l := range hits {
		ids[l.ID] = true
	}
	return Lesson{}, fmt.Errorf("lesson %s: %w: it may be any of %v", id, ErrUnknown, slices.Sorted(maps.Keys(ids)))
}
