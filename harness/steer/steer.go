// Package steer asks a language model what the search should concentrate on: level 1.5.
package steer

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// The bounds of steering.
const (
	MinFree     = 4   // parameters that stay free, or all of them in a smaller space
	MaxGuidance = 800 // bytes of guidance
	Attempts    = 3   // how often one question is put before the former steering stays
)

// maxTokens bounds a reply, a reasoning model's thinking included.
const maxTokens = 16384

// temperature is lower than a proposal's: steering is a judgement, not a search.
const temperature = 0.3

// An Input is one question.
type Input struct {
	View  wire.View // of the run; its Steer is what is in force
	Seq   int       // of the first trial that the steering will apply to
	Every int       // trials between two questions
	Task  string    // says in words what is trained

	Mechanism string // name of the mechanism in charge
	Idea      string // of that mechanism in one sentence; empty when it is not known
}

// A Record is what became of one question.
type Record struct {
	Seq       int                 `json:"seq"`       // of the first trial that the steering applies to
	Steering  mechanisms.Steering `json:"steering"`  // in force from there on
	Why       string              `json:"why"`       // the model's reason
	Unusable  []string            `json:"unusable"`  // why each attempt before could not be used
	Unchanged bool                `json:"unchanged"` // no attempt could be used: the former steering stays
	Simulated bool                `json:"simulated,omitempty"`
}

// Decide returns the steering from trial Seq on. A reply that cannot be used is answered with the reason and the question
// is put again; when all attempts were in vain the former steering stays, and the record says so. The error is the model
// client's.
func Decide(ctx context.Context, m model.Model, in Input) (mechanisms.Steering, Record, error) {
	facts := model.FactsOf(in.View, in.Seq)
	record := Record{Seq: in.Seq, Steering: in.View.Steer, Unusable: []string{}}
	var failed []model.Exchange
	words := func() model.Request {
		return model.Request{
			Level: model.Level15, Purpose: purpose, Messages: model.Again(first(in, facts), failed, templates.Mend),
			Schema:      &model.Schema{Name: "course", JSON: templates.Schema("course")},
			Temperature: temperature, MaxTokens: maxTokens,
			Turn: in.Seq, Attempt: facts.Attempt, Facts: facts.JSON(),
			Seed: mechanisms.Stream(in.View.RunSeed, in.Seq, fmt.Sprintf("steer/%d", facts.Attempt)).Uint64(),
		}
	}
	for facts.Attempt = range Attempts {
		reply, err := model.Ask(ctx, m, purpose, facts, words)
		if err != nil {
			return in.View.Steer, record, fmt.Errorf("ask for steering before trial %d: %w", in.Seq, err)
		}
		record.Simulated = reply.Simulated
		course, steering, err := read(in, reply.Text)
		if err == nil {
			record.Steering, record.Why = steering, course.Why
			return steering, record, nil
		}
		record.Unusable = append(record.Unusable, err.Error())
		failed = append(failed, model.Exchange{Reply: reply.Text, Why: err.Error()})
	}
	record.Unchanged = true
	return in.View.Steer, record, nil
}

// purpose is that of every request made here.
const purpose = "steer"

// first is the question as it is put the first time.
func first(in Input, facts model.Facts) []model.Message {
	prompt := templates.Steering{
		Search: facts.Search(in.Task), Mechanism: in.Mechanism, Idea: in.Idea, Every: in.Every, Left: in.View.Limit - in.Seq + 1,
		MinFree: minFree(in.View.Space), MaxBytes: MaxGuidance,
	}
	prompt.Lately, prompt.Asked = lately(in.View)
	return []model.Message{{Role: "system", Content: prompt.System()}, {Role: "user", Content: prompt.User()}}
}

// lately counts the finished trials that the steering in force applied to, and those of them that the language model
// proposed: how often anybody read the guidance.
func lately(v wire.View) (trials, asked int) {
	for _, t := range v.Trials {
		if t.Seq < max(1, v.Steer.Since) {
			continue
		}
		trials++
		if t.By == "model" {
			asked++
		}
	}
	return trials, asked
}
