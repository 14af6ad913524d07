package simulated

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Model answers from a profile. It has no state: equal requests get equal replies, whatever was asked before.
type Model struct {
	profile Profile
	misdeed string // of the hostile profile; empty for another each cycle
}

// New returns a simulated model with the named profile. "hostile:NAME" writes the same misbehaving mechanism every time.
func New(profile string) (*Model, error) {
	if strings.HasPrefix(profile, "hostile") {
		p, misdeed, err := hostile(profile)
		if err != nil {
			return nil, err
		}
		return &Model{p, misdeed}, nil
	}
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == profile })
	if i < 0 {
		var names []string
		for _, p := range profiles {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("simulated model: there is no profile %q, want one of %s", profile, strings.Join(names, ", "))
	}
	return &Model{profile: profiles[i]}, nil
}

// Name says that no language model is at work.
func (m *Model) Name() string { return "simulated (" + m.profile.Name + ")" }

var _ model.FactReader = (*Model)(nil)

// Chat answers from the request's facts. Tokens are not counted: none are used.
func (m *Model) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	var f model.Facts
	if err := json.Unmarshal(r.Facts, &f); err != nil {
		return model.Reply{}, fmt.Errorf("simulated model: read the facts of a %s request: %w", r.Purpose, err)
	}
	return m.AnswerFacts(ctx, r.Purpose, f)
}

// AnswerFacts is Chat for facts that nobody wrote down.
func (m *Model) AnswerFacts(ctx context.Context, purpose string, f model.Facts) (model.Reply, error) {
	if err := ctx.Err(); err != nil {
		return model.Reply{}, err
	}
	answers := map[string]func(model.Facts) string{
		"propose": m.propose, "steer": m.steer,
		"explore": m.explore, "critique": m.critique, "specify": m.specify, "generate": m.generate, "repair": m.repair,
	}
	answer, ok := answers[purpose]
	if !ok {
		return model.Reply{}, fmt.Errorf("simulated model: no answer to purpose %q, want propose, steer, explore, critique, specify, generate or repair", purpose)
	}
	return model.Reply{Text: answer(f), Model: m.Name(), Simulated: true}, nil
}

// stream returns the draws of one answer. Runs with the same seed share them until their views differ.
func stream(f model.Facts, purpose string) *rand.Rand {
	return mechanisms.Stream(f.RunSeed, f.Seq, fmt.Sprintf("simulated %s/%d/%d", purpose, f.Call, f.Attempt))
}

// reply writes an answer as a model would: JSON, now and then in a fence or with a sentence before it.
func reply(rng *rand.Rand, answer any) string {
	b, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	switch x := rng.Float64(); {
	case x < 0.15:
		return "```json\n" + string(b) + "\n```"
	case x < 0.20:
		return "Looking at the trials so far, this is my answer:\n\n```json\n" + string(b) + "\n```\n\nLet me know how it goes."
	case x < 0.25:
		return "<think>The table shows what was kept and what was not.</think>\n" + string(b)
	}
	return string(b)
}
