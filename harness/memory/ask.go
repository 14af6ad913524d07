package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// The bounds of what a model is asked for at the end of a run.
const (
	MaxDrawn = 4 // lessons, as in the schema of the reply
	Attempts = 3 // how often it is asked before the run teaches by rule alone
)

// maxTokens bounds a reply, a reasoning model's thinking included.
const maxTokens = 16384

// temperature is that of a judgement, not of a search for ideas.
const temperature = 0.3

// A Record is what a model was asked to draw from a run, and what became of it.
type Record struct {
	Trials   int         `json:"trials"`             // decided when it was asked, the baseline left out
	Accepted []Statement `json:"accepted"`           // every trial they name shows them
	Refused  []Refusal   `json:"refused"`            // and those that were not
	Unusable []string    `json:"unusable,omitempty"` // why each reply that could not be read was not
}

// A Refusal is a lesson that the record does not bear out.
type Refusal struct {
	Lesson templates.Lesson `json:"lesson"`
	Why    string           `json:"why"`
}

// Ask has a model draw lessons from a run that is done, and holds each against the record. A reply that cannot be read is
// answered with the reason and the question is put again; a lesson that is refused is not asked for again. The error is the
// model client's.
func Ask(ctx context.Context, m model.Model, v wire.View, task string, r Run) (Record, error) {
	seq := len(r.Trials)
	facts := model.FactsOf(v, seq)
	record := Record{Trials: seq - 1, Accepted: []Statement{}, Refused: []Refusal{}}
	prompt := templates.Drawing{
		Search: facts.Search(task), Most: MaxDrawn, MaxBytes: MaxText, Beyond: strconv.FormatFloat(r.Beyond(), 'g', 2, 64),
	}
	for _, d := range Draw(r.Space, r.Trials, r.Noise) {
		prompt.Drawn = append(prompt.Drawn, d.Param+": "+d.Text)
	}
	first := []model.Message{{Role: "system", Content: prompt.System()}, {Role: "user", Content: prompt.User()}}
	schema := &model.Schema{Name: "lessons", JSON: templates.Schema("lessons")}
	var failed []model.Exchange
	for attempt := range Attempts {
		facts.Attempt = attempt
		reply, err := m.Chat(ctx, model.Request{
			Level: model.Lessons, Purpose: "lessons", Messages: model.Again(first, failed, templates.Mend), Schema: schema, Temperature: temperature, MaxTokens: maxTokens,
			Turn: seq, Attempt: attempt, Facts: facts.JSON(), Seed: mechanisms.Stream(v.RunSeed, seq, fmt.Sprintf("lessons/%d", attempt)).Uint64(),
		})
		if err != nil {
			return record, fmt.Errorf("ask what the run has taught: %w", err)
		}
		var told templates.Lessons
		err = model.Decode(reply.Text, schema, &told)
		if err == nil {
			record.hold(r, told.Lessons)
			return record, nil
		}
		record.Unusable = append(record.Unusable, err.Error())
		failed = append(failed, model.Exchange{Reply: reply.Text, Why: err.Error()})
	}
	return record, nil
}

// hold sorts lessons into those that the run bears out and those that it does not.
func (x *Record) hold(r Run, told []templates.Lesson) {
	for _, l := range told {
		s, err := Check(r, l)
		if err != nil {
			x.Refused = append(x.Refused, Refusal{Lesson: l, Why: err.Error()})
			continue
		}
		x.Accepted = append(x.Accepted, s)
	}
}

// kind is that of the events that hold records of this package.
const kind = "lessons"

// Note records what a model drew in the record of the run itself.
func (x Record) Note(s *store.Store) error {
	e, err := store.NewEvent(kind, fmt.Sprint(x.Trials), x)
	if err != nil {
		return err
	}
	return s.Record(e)
}

// Noted returns what models drew from a run, in order: a run that was continued was asked about again.
func Noted(s *store.Store) ([]Record, error) {
	events, err := s.EventsOf(kind)
	if err != nil {
		return nil, err
	}
	all := make([]Record, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Body, &all[i]); err != nil {
			return nil, fmt.Errorf("read lessons of run %s: %w", s.Dir(), err)
		}
	}
	return all, nil
}
