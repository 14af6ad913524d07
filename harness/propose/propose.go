// Package propose asks a language model for the next point, and asks again until the answer can be used.
package propose

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// Attempts is how often one question is put before it counts as not answered.
const Attempts = 3

// maxTokens bounds a reply, a reasoning model's thinking included.
const maxTokens = 16384

// temperature is 0.7 so that a question asked again, in another run, is not answered alike.
const temperature = 0.7

// An Input is one question.
type Input struct {
	View  wire.View           // of the run
	Seq   int                 // of the trial that the proposal is for
	Call  int                 // counts from 0 the questions of this decision
	Steer mechanisms.Steering // in force at this decision; the view's may be newer
	Hint  mechanisms.Hint
	Task  string // says in words what is trained
	// Check returns an error that names a constraint of the task that does not hold at a point of the space; nil checks nothing.
	Check func(mechanisms.Point) error
}

// An UnusableError says that the model gave no usable proposal. It wraps mechanisms.ErrNoAnswer.
type UnusableError struct {
	Seq     int      // of the trial
	Reasons []string // why each attempt could not be used
	// Declined is the model's reason, where it said that every point which the hint's restriction leaves is bad; the attempts before
	// it, if any, are in Reasons. It is not asked again.
	Declined string
}

func (e *UnusableError) Error() string {
	if e.Declined != "" {
		return fmt.Sprintf("ask for trial %d: %v: it declined what the hint leaves: %s", e.Seq, mechanisms.ErrNoAnswer, e.Declined)
	}
	parts := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		parts[i] = fmt.Sprintf("attempt %d: %s", i+1, strings.ReplaceAll(r, "\n", "; "))
	}
	return fmt.Sprintf("ask for trial %d: %v in %d attempts: %s", e.Seq, mechanisms.ErrNoAnswer, len(parts), strings.Join(parts, " / "))
}

func (e *UnusableError) Unwrap() error { return mechanisms.ErrNoAnswer }

// Ask returns the model's proposal, changed from the incumbent or from the hint's point, inside the space, respecting the
// hint, the constraints and what is frozen, and not tried before. A reply that cannot be used is answered with the reason
// and the question is put again; the error is an *UnusableError when all attempts were in vain, or the model declined a
// restriction. Any other error is the model client's.
func Ask(ctx context.Context, m model.Model, in Input) (mechanisms.Proposal, error) {
	facts := model.FactsOf(in.View, in.Seq)
	facts.Call, facts.Steer, facts.Hint = in.Call, in.Steer, in.Hint
	r := newReader(facts, in.Check)
	unusable := &UnusableError{Seq: in.Seq}
	variables := r.variables()
	if len(variables) == 0 {
		unusable.Reasons = []string{fmt.Sprintf("nothing may be changed: the hint names %s, and frozen are %s", list(in.Hint.Params), list(in.Steer.Frozen))}
		return mechanisms.Proposal{}, unusable
	}
	fewest := 1
	if r.binds() {
		fewest = 0
	}
	var failed []model.Exchange
	words := func() model.Request {
		prompt := r.prompt(in.Task, in.View.Limit-in.Seq+1)
		first := []model.Message{{Role: "system", Content: prompt.System()}, {Role: "user", Content: prompt.User()}}
		return model.Request{
			Level: model.Level1, Purpose: purpose, Messages: model.Again(first, failed, templates.Mend),
			Schema:      &model.Schema{Name: "changes", JSON: templates.ChangesSchema(variables, fewest)},
			Temperature: temperature, MaxTokens: maxTokens,
			Turn: in.Seq, Call: in.Call, Attempt: facts.Attempt, Seed: seed(facts), Facts: facts.JSON(),
		}
	}
	for facts.Attempt = range Attempts {
		reply, err := model.Ask(ctx, m, purpose, facts, words)
		if err != nil {
			return mechanisms.Proposal{}, fmt.Errorf("ask for trial %d: %w", in.Seq, err)
		}
		p, err := r.read(reply.Text)
		if err == nil {
			p.Restricted = restriction(in.Hint)
			return p, nil
		}
		var no declined
		if errors.As(err, &no) {
			unusable.Declined = string(no)
			return mechanisms.Proposal{}, unusable
		}
		unusable.Reasons = append(unusable.Reasons, err.Error())
		failed = append(failed, model.Exchange{Reply: reply.Text, Why: err.Error()})
	}
	return mechanisms.Proposal{}, unusable
}

// restriction says what a hint binds the model to, such as "only LR, upward" or "from another point"; empty where it was free.
func restriction(h mechanisms.Hint) string {
	var words []string
	if len(h.Params) > 0 {
		words = append(words, strings.Join(h.Params, ", "))
	}
	switch {
	case h.Direction > 0:
		words = append(words, "upward")
	case h.Direction < 0:
		words = append(words, "downward")
	}
	text := strings.Join(words, ", ")
	if text != "" {
		text = "only " + text
	}
	if len(h.From) > 0 {
		text = strings.TrimPrefix(text+"; from another point", "; ")
	}
	return text
}

// purpose is that of every request made here.
const purpose = "propose"

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// seed differs from question to question, so that a server with fixed sampling does not answer all alike.
func seed(f model.Facts) uint64 {
	return mechanisms.Stream(f.RunSeed, f.Seq, fmt.Sprintf("propose/%d/%d", f.Call, f.Attempt)).Uint64()
}

func (r reader) prompt(task string, left int) templates.Proposing {
	h := r.facts.Hint
	p := templates.Proposing{
		Search: r.facts.Search(task), Left: left,
		Hint: templates.Hint{Text: h.Text},
	}
	if r.narrowed() {
		for _, v := range r.variables() {
			p.Hint.Params = append(p.Hint.Params, v.Name)
		}
	}
	switch {
	case !r.directed():
	case h.Direction > 0:
		p.Hint.Only = "raise"
	default:
		p.Hint.Only = "lower"
	}
	if !r.from.Equal(r.incumbent) {
		p.Hint.From = r.facts.Space.Diff(r.incumbent, r.from)
	}
	return p
}
