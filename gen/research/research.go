// Package research holds the dialogue in which a language model invents a mechanism: explore, critique, specify, generate,
// and repair as often as the gates want it.
//
// It is one conversation. The model sees everything: the contract, the source of the mechanism in charge, every trial, and
// what became of earlier mechanisms. The first three replies are JSON against a schema; "none" is a legal critique.
package research

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// Attempts is how often one round is asked before its reply counts as not usable.
const Attempts = 3

// maxTokens bounds a reply, a reasoning model's thinking included. A mechanism of 200 lines has about 3,000.
const maxTokens = 16384

// An Occasion is one time that a mechanism is wanted.
type Occasion struct {
	Cycle     int       // counts from 1
	Every     int       // decided trials between two cycles; 0 when there will be no other
	Task      string    // what is searched, in words
	View      wire.View // of the run
	Mechanism string    // in charge now
	Source    string    // of the mechanism in charge
	Influence string    // of the mechanism in charge so far, in words
	Tried     []model.Tried
	Ancestors []model.Ancestor // of earlier runs
}

// A Round is one question and its answer.
type Round struct {
	Purpose   string `json:"purpose"` // explore, critique, specify, generate or repair
	Prompt    string `json:"prompt"`
	Reply     string `json:"reply"`
	Model     string `json:"model"`
	Simulated bool   `json:"simulated,omitempty"` // no language model wrote the reply
	Problem   string `json:"problem,omitempty"`   // why the reply could not be used, as the model was told next
}

// A Dialogue is one conversation. Its methods are called in order: Plan, then Generate, then Repair as often as needed.
type Dialogue struct {
	Rounds []Round

	model    model.Model
	occasion Occasion
	facts    model.Facts
	messages []model.Message
	repairs  int
}

// An UnusableError says that a round gave no reply that could be used. It is an outcome of the dialogue, not a failure of
// the model's endpoint.
type UnusableError struct {
	Purpose string
	Reason  string // of the last attempt
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("%s: no usable reply in %d attempts; the last: %s", e.Purpose, Attempts, e.Reason)
}

// A Plan is what the first three rounds settle.
type Plan struct {
	Verdict templates.Verdict
	Spec    templates.Spec // zero when the verdict is none
	Text    string         // the reply of the third round, verbatim
}

// None reports whether the model wants no new mechanism.
func (p Plan) None() bool { return p.Verdict.Choice == templates.None }

// Begin opens a dialogue.
func Begin(m model.Model, o Occasion) *Dialogue {
	d := &Dialogue{model: m, occasion: o, facts: model.FactsOf(o.View, next(o.View))}
	d.facts.Mechanism, d.facts.Cycle, d.facts.Tried = o.Mechanism, o.Cycle, o.Tried
	return d
}

// next is the Seq of the trial after all that are recorded.
func next(v wire.View) int {
	seq := 0
	for _, t := range v.Trials {
		seq = max(seq, t.Seq+1)
	}
	for _, s := range v.Pending {
		seq = max(seq, s.Proposal.Seq+1)
	}
	return seq
}

// Plan asks the first three rounds, or two when the model wants no mechanism. step is called before each.
func (d *Dialogue) Plan(ctx context.Context, step func(purpose string) (done func(detail string, err error))) (Plan, error) {
	var p Plan
	told := d.told()
	d.messages = []model.Message{{Role: "system", Content: told.System()}}

	var e templates.Exploration
	done := step("explore")
	_, err := d.ask(ctx, "explore", told.Explore(), "exploration", func(text string, s *model.Schema) error {
		e = templates.Exploration{}
		return model.Decode(text, s, &e)
	})
	done(fmt.Sprintf("%d ideas", len(e.Ideas)), err)
	if err != nil {
		return p, err
	}

	done = step("critique")
	critique, err := d.ask(ctx, "critique", templates.Critique(), "verdict", func(text string, s *model.Schema) error {
		p.Verdict = templates.Verdict{}
		if err := model.Decode(text, s, &p.Verdict); err != nil {
			return err
		}
		return choose(&p.Verdict, e.Ideas)
	})
	done(p.Verdict.Choice, err)
	if err != nil || p.None() {
		return p, err
	}
	d.facts.Critique = critique

	done = step("specify")
	p.Text, err = d.ask(ctx, "specify", templates.Specify(p.Verdict.Choice), "spec", func(text string, s *model.Schema) error {
		p.Spec = templates.Spec{}
		return model.Decode(text, s, &p.Spec)
	})
	done(p.Spec.Idea, err)
	d.facts.Spec = p.Text
	return p, err
}

// choose checks that the choice is an idea that was named, or none.
func choose(v *templates.Verdict, ideas []templates.Idea) error {
	var names []string
	for _, i := range ideas {
		if strings.EqualFold(i.Name, strings.TrimSpace(v.Choice)) {
			v.Choice = i.Name
			return nil
		}
		names = append(names, i.Name)
	}
	if strings.EqualFold(strings.TrimSpace(v.Choice), templates.None) {
		v.Choice = templates.None
		return nil
	}
	return fmt.Errorf("choice is %q, want one of %s, or %q", v.Choice, strings.Join(names, ", "), templates.None)
}

// Generate asks for the source.
func (d *Dialogue) Generate(ctx context.Context) (reply string, err error) {
	return d.ask(ctx, "generate", templates.Generate(), "", nil)
}

// Repair shows what the gates found in a source and asks for it again. The source itself stands in the conversation, as the
// last reply.
func (d *Dialogue) Repair(ctx context.Context, source string, r templates.Refusal) (reply string, err error) {
	d.repairs++
	d.facts.Source, d.facts.Findings = source, r.Findings
	return d.ask(ctx, "repair", templates.Repair(r), "", nil)
}

// ask puts one round, again with the reason when the reply cannot be read, and returns the reply. read may be nil.
func (d *Dialogue) ask(ctx context.Context, purpose, prompt, schema string, read func(string, *model.Schema) error) (string, error) {
	var s *model.Schema
	if schema != "" {
		s = &model.Schema{Name: schema, JSON: templates.Schema(schema)}
	}
	for attempt := range Attempts {
		d.facts.Attempt = attempt
		d.messages = append(d.messages, model.Message{Role: "user", Content: prompt})
		reply, err := d.model.Chat(ctx, model.Request{
			Level: model.Level2, Purpose: purpose, Messages: slices.Clone(d.messages), Schema: s, Temperature: temperature(purpose), MaxTokens: maxTokens,
			Turn: d.occasion.Cycle, Call: d.repairs, Attempt: attempt, Seed: d.seed(purpose, attempt), Facts: d.facts.JSON(),
		})
		if err != nil {
			return "", fmt.Errorf("%s a mechanism: %w", purpose, err)
		}
		round := Round{Purpose: purpose, Prompt: prompt, Reply: reply.Text, Model: reply.Model, Simulated: reply.Simulated}
		if read != nil {
			err = read(reply.Text, s)
		}
		if err == nil {
			d.Rounds = append(d.Rounds, round)
			d.messages = append(d.messages, model.Message{Role: "assistant", Content: reply.Text})
			return reply.Text, nil
		}
		// A useless reply may be of any length; what the later rounds need of the conversation is whole.
		d.messages = append(d.messages, model.Message{Role: "assistant", Content: model.Shorten(reply.Text)})
		round.Problem = err.Error()
		d.Rounds = append(d.Rounds, round)
		prompt = templates.Mend(err.Error())
	}
	return "", &UnusableError{Purpose: purpose, Reason: d.Rounds[len(d.Rounds)-1].Problem}
}

// temperature is higher where ideas are wanted than where a program is.
func temperature(purpose string) float32 {
	if purpose == "explore" {
		return 0.9
	}
	return 0.3
}

// seed differs from question to question, so that a server with fixed sampling does not answer all alike.
func (d *Dialogue) seed(purpose string, attempt int) uint64 {
	return mechanisms.Stream(d.facts.RunSeed, d.occasion.Cycle, fmt.Sprintf("%s/%d/%d", purpose, d.repairs, attempt)).Uint64()
}

// told is the occasion as the prompts show it.
func (d *Dialogue) told() templates.Occasion {
	o := d.occasion
	t := templates.Occasion{
		Search: d.facts.Search(o.Task), Guide: mechanisms.Guide, Mechanism: o.Mechanism, Source: o.Source, Influence: o.Influence,
		Cycle: o.Cycle, Left: max(0, o.View.Limit+1-d.facts.Seq), Every: o.Every,
	}
	for _, x := range o.Tried {
		change := "-" // it decided nothing
		if x.Trials != 0 || x.Gain != 0 {
			change = fmt.Sprintf("%+.6f", 0-x.Gain)
		}
		t.Tried = append(t.Tried, templates.Tried{
			Name: x.Name, Idea: x.Idea, State: state(x.Outcome), Why: x.Why, Trials: x.Trials, Influence: x.Influence, Change: change,
		})
	}
	for _, a := range o.Ancestors {
		t.Ancestors = append(t.Ancestors, templates.Ancestor{Name: a.Name, Idea: a.Idea, Record: a.Record, Source: a.Source})
	}
	return t
}

// state says what has become of a mechanism; of the one in charge that it is.
func state(outcome string) string {
	if outcome == "active" {
		return "in charge now"
	}
	return outcome
}

// JSON is the dialogue as it is recorded. It holds no times: asked again of a model that answers alike, it is the same.
func (d *Dialogue) JSON() json.RawMessage {
	b, err := json.Marshal(d.Rounds)
	if err != nil {
		panic(err) // strings only
	}
	return b
}
