package research

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// A script answers in order, and remembers what it was asked.
type script struct {
	replies  []string
	requests []model.Request
}

func (s *script) Name() string { return "script" }

func (s *script) Chat(_ context.Context, r model.Request) (model.Reply, error) {
	s.requests = append(s.requests, r)
	if len(s.replies) == 0 {
		return model.Reply{}, model.ErrUnavailable
	}
	reply := s.replies[0]
	s.replies = s.replies[1:]
	return model.Reply{Text: reply, Model: "script"}, nil
}

const (
	exploration = `{"observations": ["o"], "ideas": [{"name": "arms", "idea": "i", "because": "b"}]}`
	verdict     = `{"choice": "arms", "why": "w", "risks": []}`
	spec        = `{"name": "arms", "idea": "i", "state": [], "propose": "p", "accept": "a", "observe": "o", "differs": "d"}`
)

func begin(s *script) *Dialogue {
	space := mechanisms.Space{Name: "one", Params: []mechanisms.Param{{Name: "RATE", Kind: mechanisms.Float, Min: 1, Max: 2, Default: 1}}}
	trial := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, BPB: 1.25, Kept: true}
	return Begin(s, Occasion{
		Cycle: 3, Every: 10, Task: "a task", Mechanism: "greedy", Source: "package greedy // whole", Influence: "none yet",
		View:      wire.View{RunSeed: 7, Space: space, Trials: []mechanisms.Trial{trial}, Limit: 30},
		Tried:     []model.Tried{{Name: "old-abcdef", Idea: "an old idea", Outcome: "retired", Why: "inert"}, {Name: "now-abcdef", Outcome: "active", Gain: 0.25}},
		Ancestors: []model.Ancestor{{Name: "far-abcdef", Idea: "from another run", Record: "it did well there", Source: "package far // whole"}},
	})
}

func quiet(string) func(string, error) { return func(string, error) {} }

func TestOneConversationWithEveryQuestionToldApart(t *testing.T) {
	s := &script{replies: []string{"no idea", exploration, verdict, "```json\n" + spec + "\n```", "```go\nfirst\n```", "```go\nsecond\n```", "```go\nthird\n```"}}
	d := begin(s)
	plan, err := d.Plan(context.Background(), quiet)
	if err != nil || plan.None() || plan.Spec.Name != "arms" {
		t.Fatalf("plan %+v, %v; want arms", plan, err)
	}
	if _, err := d.Generate(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, finding := range []string{"line 3", "line 4"} {
		if _, err := d.Repair(context.Background(), "the source", templates.Refusal{Gate: "vet", Findings: finding, Left: 1}); err != nil {
			t.Fatal(err)
		}
	}
	keys := map[string]bool{}
	for i, r := range s.requests {
		if r.Level != model.Level2 || r.Turn != 3 {
			t.Errorf("question %d: level %s, turn %d; want level 2, turn 3 (the cycle)", i, r.Level, r.Turn)
		}
		if keys[r.Key()] {
			t.Errorf("question %d (%s) has the key of an earlier one: a resumed run would hear a wrong answer", i, r.Purpose)
		}
		keys[r.Key()] = true
		for k, m := range r.Messages {
			want := []string{"user", "assistant"}[(k+1)%2]
			if k == 0 {
				want = "system"
			}
			if m.Role != want {
				t.Errorf("question %d, message %d is the %s's, want the %s's", i, k, m.Role, want)
			}
		}
	}
	if last := s.requests[len(s.requests)-1]; len(last.Messages) != 14 {
		t.Errorf("the last question has %d messages, want 14: the whole conversation", len(last.Messages))
	}
	if len(d.Rounds) != 7 || d.Rounds[0].Problem == "" || d.Rounds[1].Problem != "" {
		t.Errorf("%d rounds, problems %q and %q; want 7, the first with a problem", len(d.Rounds), d.Rounds[0].Problem, d.Rounds[1].Problem)
	}
}

func TestTheModelIsToldEverythingInWordsAndAsFacts(t *testing.T) {
	s := &script{replies: []string{exploration, verdict, spec, "a source", "another"}}
	d := begin(s)
	if _, err := d.Plan(context.Background(), quiet); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Generate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Repair(context.Background(), "the source", templates.Refusal{Gate: "vet", Findings: "line 3: it loops"}); err != nil {
		t.Fatal(err)
	}
	last := s.requests[len(s.requests)-1]
	var words strings.Builder
	for _, m := range last.Messages {
		words.WriteString(m.Content)
	}
	for _, want := range []string{mechanisms.Guide[:200], "package greedy // whole", "a task", "1.250000", "old-abcdef", "an old idea", "inert", "none yet", "| now-abcdef |  | in charge now | 0 | 0 | -0.250000 |", "30 trials are left", "the next 10 of them before you are asked again", "far-abcdef", "from another run", "it did well there", "package far // whole", "line 3: it loops"} {
		if !strings.Contains(words.String(), want) {
			t.Errorf("the conversation lacks %.60q", want)
		}
	}
	var f model.Facts
	if err := json.Unmarshal(last.Facts, &f); err != nil {
		t.Fatal(err)
	}
	if f.Cycle != 3 || f.Mechanism != "greedy" || f.Critique != verdict || f.Spec != spec || f.Source != "the source" || f.Findings != "line 3: it loops" || f.Seq != 1 || len(f.Tried) != 2 {
		t.Errorf("facts of the repair: %+v", f)
	}
}

func TestRepliesThatCannotBeUsedEndTheDialogueWithTheReason(t *testing.T) {
	s := &script{replies: []string{"a", "b", "c", "d"}}
	_, err := begin(s).Plan(context.Background(), quiet)
	var u *UnusableError
	if !errors.As(err, &u) || u.Purpose != "explore" || len(s.requests) != Attempts {
		t.Errorf("error %v after %d questions, want an UnusableError of explore after %d", err, len(s.requests), Attempts)
	}
	s = &script{}
	if _, err = begin(s).Plan(context.Background(), quiet); !errors.Is(err, model.ErrUnavailable) || errors.As(err, &u) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}
