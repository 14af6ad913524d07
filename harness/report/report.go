// Package report makes one page, and its pictures, of what is recorded of a run or of an ablation.
//
// The page is a single HTML file that asks nothing of any network: styles and pictures are in it, and there is no script. The
// same record gives the same bytes: no time of day is read or shown, and what the clock measured while the run went on
// stands in a part of its own. Every figure is taken from the store or computed from it by the functions that
// `bilevel show` uses too.
package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Run is all that a report is made of, as recorded at one moment.
type Run struct {
	Meta       store.Meta
	Trials     []mechanisms.Trial // decided, in Seq order, the baseline first
	Incumbent  int                // Seq; -1 before the baseline is decided
	Pending    []mechanisms.Proposal
	Details    []store.Detail // one for each proposal, in Seq order
	Steering   []store.Steer
	Guidance   []store.Guidance
	person     mechanisms.Advice // in force
	Cycles     []store.Cycle
	Mechanisms []store.Mechanism
	Switches   []store.Switch
	Restarts   []store.Restart // times at which the history was cleared
	Tenures    []store.Tenure
	Usage      []store.Usage
	Anchors    []store.Anchor // points that were trained again, which are no trials

	Saved evolve.Saved // budget of trials that were stopped early
	Noise evolve.Noise // what training points again has shown

	steps map[string][]Step // of the pipeline, by name of the mechanism
	acts  timed             // of level 1.5
	made  timed             // passages of level 2
	span  time.Duration     // from the first event to the last, pauses of the run included
}

// A Step is one step from a dialogue to a runner binary, as the record's note on a mechanism has it.
type Step struct {
	Name   string        `json:"name"`
	OK     bool          `json:"ok"`
	Took   time.Duration `json:"took_ns"` // by the clock
	Detail string        `json:"detail"`
}

// Gather reads a run. The run may be going on; refresh the store first to see what was recorded since.
func Gather(s *store.Store) (*Run, error) {
	v := s.Whole()
	r := &Run{
		Meta: s.Meta(), Trials: v.Trials, Incumbent: v.Incumbent, Steering: s.Steering(), Guidance: s.Guidance(), person: v.Steer.Person, Cycles: s.Cycles(), Mechanisms: s.Mechanisms(),
		Switches: s.Switches(), Restarts: s.Restarts(), Tenures: s.Tenures(), steps: map[string][]Step{},
	}
	for _, p := range v.Pending {
		r.Pending = append(r.Pending, p.Proposal)
	}
	var err error
	if r.Details, err = s.Details(); err != nil {
		return nil, err
	}
	if r.Usage, err = s.Usage(); err != nil {
		return nil, err
	}
	if r.Anchors, err = s.Anchors(); err != nil {
		return nil, err
	}
	if r.Saved, err = evolve.SavedOf(s); err != nil {
		return nil, err
	}
	if r.Noise, err = evolve.NoiseOf(s); err != nil {
		return nil, err
	}
	return r, r.clocked(s)
}

// clocked reads what the clock measured: notes of events, and when they were recorded.
func (r *Run) clocked(s *store.Store) error {
	events, err := s.Events(0)
	if err != nil {
		return err
	}
	var before time.Time
	for _, e := range events {
		switch e.Kind {
		case "chat":
			continue // recorded within the act that follows
		case "steer":
			if err := r.acts.add(e, before); err != nil {
				return fmt.Errorf("read run %s: event %d: %w", s.Dir(), e.ID, err)
			}
		case "cycle":
			if err := r.made.add(e, before); err != nil {
				return fmt.Errorf("read run %s: event %d: %w", s.Dir(), e.ID, err)
			}
		case "mechanism":
			if err := r.stepsOf(e); err != nil {
				return fmt.Errorf("read run %s: event %d: %w", s.Dir(), e.ID, err)
			}
		}
		before = e.At
		r.span = e.At.Sub(events[0].At)
	}
	return nil
}

// timed is what the clock measured of several acts of one level.
type timed struct {
	took  time.Duration
	n     int
	above int // acts whose time was not noted: the time since the event before is counted, which may hold a pause of the run
}

// add counts an act by its note, or where a record of an earlier program has none, by the event before.
func (x *timed) add(e store.Event, before time.Time) error {
	var note struct {
		Took *time.Duration `json:"took_ns"`
	}
	if len(e.Note) > 0 {
		if err := json.Unmarshal(e.Note, &note); err != nil {
			return fmt.Errorf("note of %s %s: %w", e.Kind, e.Key, err)
		}
	}
	x.n++
	if note.Took != nil {
		x.took += *note.Took
		return nil
	}
	x.above++
	x.took += e.At.Sub(before)
	return nil
}

// how says what the sum is of.
func (x timed) how(what string) string {
	text := plural(x.n, what) + ", the model's answers included"
	if x.above > 0 {
		text += fmt.Sprintf("; at most: of %d of them only the time since the event before is on record, a pause of the run included", x.above)
	}
	return text
}

// stepsOf reads the note of a mechanism, which is a list of steps, or an object without members where there is none.
func (r *Run) stepsOf(e store.Event) error {
	if len(e.Note) == 0 || e.Note[0] != '[' {
		return nil
	}
	var steps []Step
	if err := json.Unmarshal(e.Note, &steps); err != nil {
		return fmt.Errorf("note of mechanism %s: %w", e.Key, err)
	}
	r.steps[e.Key] = steps
	return nil
}

// Best is the finished trial with the lowest value; the zero Trial where none has one.
func (r *Run) Best() mechanisms.Trial { return mechanisms.View{Trials: r.Trials}.Best() }

// InForce is what a person said that is in force now; nil for nothing.
func (r *Run) InForce() *mechanisms.Advice {
	if r.person.Text == "" {
		return nil
	}
	return &r.person
}

// Simulated is the label that everything made of a run without a language model bears; empty for a run with one.
func (r *Run) Simulated() string {
	if !r.Meta.Simulated {
		return ""
	}
	return "SIMULATED: no language model took part"
}

// Measure is what the value of a trial is called, and which way is better.
func (r *Run) Measure() mechanisms.Measure { return r.Meta.Space.Measure }

// Named reports that the value is something else than bits per byte.
func (r *Run) Named() bool { return r.Measure() != mechanisms.Measure{} }

// Own is a value, or a difference of values, with its own sign.
func (r *Run) Own(bpb float64) float64 { return r.Measure().Own(bpb) }

// Task says in words what was searched.
func (r *Run) Task() string {
	t := r.Meta.Task
	switch t.Kind {
	case task.KindSurface:
		return fmt.Sprintf("the formula %s, instance %d", r.Meta.Space.Name, t.SurfaceSeed)
	case task.KindCommand:
		return fmt.Sprintf("a program of the user's own, in a copy of %s (content %.12s)", t.Folder, t.Sources)
	}
	words := []string{t.Kind}
	for _, part := range [][2]string{
		{"size", t.Size}, {"text", strings.Join(t.Text, ", ")}, {"text prepared in", t.Prepared}, {"budget of a trial", t.Budget}, {"not searched:", strings.Join(t.Locked, ", ")}, {"device", t.Device},
	} {
		if part[1] != "" {
			words = append(words, part[0]+" "+part[1])
		}
	}
	return strings.Join(words, "; ")
}

// Given is what of earlier runs this one was told at its start.
type Given struct {
	Lessons   []mechanisms.Lesson
	Ancestors []Ancestor
}

// An Ancestor is a mechanism of an earlier run that level 2 was offered.
type Ancestor struct {
	Name string `json:"name"`
	Idea string `json:"idea"`
}

// Given returns what the run was told, or nil where that was nothing.
func (r *Run) Given() (*Given, error) {
	var settings struct {
		Memory struct {
			Ancestors []Ancestor `json:"ancestors"`
		} `json:"memory"`
	}
	if len(r.Meta.Settings) > 0 {
		if err := json.Unmarshal(r.Meta.Settings, &settings); err != nil {
			return nil, fmt.Errorf("settings of the run: %w", err)
		}
	}
	g := Given{r.Meta.Lessons, settings.Memory.Ancestors}
	if len(g.Lessons)+len(g.Ancestors) == 0 {
		return nil, nil
	}
	return &g, nil
}

// Formula reports that the values come from a formula: nothing was trained.
func (r *Run) Formula() bool { return r.Meta.Task.Kind == task.KindSurface }

// changed says what a trial changed of the incumbent it was measured against.
func (r *Run) changed(before, t mechanisms.Trial) string {
	switch {
	case t.Seq == 0:
		return "baseline"
	case len(t.Point) != len(r.Meta.Space.Params) || len(before.Point) != len(t.Point):
		return "no point of the space"
	}
	return r.Meta.Space.Diff(before.Point, t.Point)
}
