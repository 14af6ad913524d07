package propose_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/propose"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// script answers one request after another, and keeps what it was asked.
type script struct {
	replies []string
	err     error
	asked   []model.Request
}

func (s *script) Chat(_ context.Context, r model.Request) (model.Reply, error) {
	s.asked = append(s.asked, r)
	if s.err != nil {
		return model.Reply{}, s.err
	}
	return model.Reply{Text: s.replies[min(len(s.asked), len(s.replies))-1]}, nil
}

func (s *script) Name() string { return "script" }

func space() mechanisms.Space {
	return mechanisms.Space{
		Name: "test",
		Params: []mechanisms.Param{
			{Name: "LR", Kind: mechanisms.Float, Min: 0.001, Max: 1, Default: 0.1, Log: true},
			{Name: "BATCH", Kind: mechanisms.Pow2, Min: 8, Max: 256, Default: 64},
			{Name: "MICRO", Kind: mechanisms.Int, Min: 1, Max: 64, Default: 8},
			{Name: "WINDOW", Kind: mechanisms.Choice, Max: 2, Choices: []string{"S", "L", "SL"}},
			{Name: "DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
		},
		Constraints: []mechanisms.Constraint{{Left: []string{"BATCH"}, Right: []string{"MICRO"}, Factor: 1, Multiple: true, Why: "whole micro-batches"}},
	}
}

// input is a run of two trials: the default, and LR 0.2, which was kept.
func input() propose.Input {
	s := space()
	v := wire.View{RunSeed: 5, Space: s, Incumbent: 1, Parallel: 1, Limit: 30, Trials: []mechanisms.Trial{
		{Seq: 0, Point: s.Default(), Status: mechanisms.Complete, BPB: 2.5, Kept: true},
		{Seq: 1, Point: s.Default().With(0, 0.2), Status: mechanisms.Complete, BPB: 2.4, Kept: true},
		{Seq: 2, Point: s.Default().With(0, 0.4), Status: mechanisms.Diverged, BPB: math.NaN(), Reason: "loss became NaN"},
	}, Pending: []wire.Start{{Proposal: mechanisms.Proposal{Seq: 3, Point: mechanisms.Point{0.2, 128, 8, 0, 0.2}}}}}
	return propose.Input{View: v, Seq: 4, Task: "A small GPT."}
}

func TestAUsableReplyBecomesAProposal(t *testing.T) {
	for name, c := range map[string]struct {
		reply string
		hint  mechanisms.Hint
		want  mechanisms.Point
	}{
		"a number":              {`{"changes": {"LR": 0.3}, "why": "steeper"}`, mechanisms.Hint{}, mechanisms.Point{0.3, 64, 8, 0, 0.2}},
		"a label":               {`{"changes": {"WINDOW": "SL"}, "why": "longer"}`, mechanisms.Hint{}, mechanisms.Point{0.2, 64, 8, 2, 0.2}},
		"several":               {`{"changes": {"BATCH": 32, "MICRO": 16}, "why": "smaller"}`, mechanisms.Hint{}, mechanisms.Point{0.2, 32, 16, 0, 0.2}},
		"a number in quotes":    {`{"changes": {"DECAY": "0.1"}, "why": "less"}`, mechanisms.Hint{}, mechanisms.Point{0.2, 64, 8, 0, 0.1}},
		"small letters":         {`{"changes": {"decay": 0.1}, "why": "less"}`, mechanisms.Hint{}, mechanisms.Point{0.2, 64, 8, 0, 0.1}},
		"a value that stays":    {`{"changes": {"LR": 0.2, "DECAY": 0}, "why": "none"}`, mechanisms.Hint{}, mechanisms.Point{0.2, 64, 8, 0, 0}},
		"fenced, with thoughts": {"<think>LR {was} good</think>```json\n{\"changes\": {\"LR\": 0.3,}, \"why\": \"x\"}\n```", mechanisms.Hint{}, mechanisms.Point{0.3, 64, 8, 0, 0.2}},
		"from another point":    {`{"changes": {"LR": 0.5}, "why": "x"}`, mechanisms.Hint{From: mechanisms.Point{0.9, 256, 4, 1, 0.4}}, mechanisms.Point{0.5, 256, 4, 1, 0.4}},
		"in the hint's way":     {`{"changes": {"DECAY": 0.3}, "why": "x"}`, mechanisms.Hint{Params: []string{"DECAY"}, Direction: 1}, mechanisms.Point{0.2, 64, 8, 0, 0.3}},
		"a choice has no way":   {`{"changes": {"WINDOW": "L"}, "why": "x"}`, mechanisms.Hint{Direction: -1}, mechanisms.Point{0.2, 64, 8, 1, 0.2}},
	} {
		in := input()
		in.Hint = c.hint
		p, err := propose.Ask(context.Background(), &script{replies: []string{c.reply}}, in)
		if err != nil || !p.Point.Equal(c.want) || p.By != "model" || p.Seq != 4 {
			t.Errorf("%s: %+v, %v; want the point %v", name, p, err, c.want)
		}
	}
}

// A proposer that tries one parameter again and again may have been bound to it: whoever reads the trace is told.
func TestAProposalSaysWhatTheHintBoundItTo(t *testing.T) {
	for want, hint := range map[string]mechanisms.Hint{
		"":                               {Text: "be bold"},
		"only DECAY, upward":             {Params: []string{"DECAY"}, Direction: 1},
		"only downward":                  {Direction: -1},
		"only DECAY; from another point": {Params: []string{"DECAY"}, From: mechanisms.Point{0.9, 256, 4, 1, 0.4}},
		"from another point":             {From: mechanisms.Point{0.9, 256, 4, 1, 0.4}},
	} {
		in := input()
		in.Hint = hint
		reply := `{"changes": {"DECAY": 0.3}, "why": "x"}`
		if hint.Direction < 0 {
			reply = `{"changes": {"DECAY": 0.1}, "why": "x"}`
		}
		p, err := propose.Ask(context.Background(), &script{replies: []string{reply}}, in)
		if err != nil || p.Restricted != want {
			t.Errorf("hint %+v: the proposal was restricted to %q (%v), want %q", hint, p.Restricted, err, want)
		}
		table := mechanisms.Table(in.View.Space, append(slices.Clone(in.View.Trials), mechanisms.Trial{Seq: 4, Point: p.Point, By: p.By, Restricted: p.Restricted}))
		if shown := strings.Contains(table, "| model ("+want+") |"); shown != (want != "") {
			t.Errorf("the table of a proposal restricted to %q is\n%s", want, table)
		}
	}
}

func TestTheReasonOfAnUnusableReplyIsToldToTheModel(t *testing.T) {
	for name, c := range map[string]struct {
		reply string
		hint  mechanisms.Hint
		want  string
	}{
		"prose":                  {"I would raise it.", mechanisms.Hint{}, "no JSON object"},
		"no reason":              {`{"changes": {"LR": 0.3}}`, mechanisms.Hint{}, `no field "why"`},
		"out of range":           {`{"changes": {"LR": 3}, "why": "x"}`, mechanisms.Hint{}, "LR = 3, want a number from 0.001 to 1"},
		"no power of two":        {`{"changes": {"BATCH": 48}, "why": "x"}`, mechanisms.Hint{}, "a power of two"},
		"no whole number":        {`{"changes": {"MICRO": 2.5}, "why": "x"}`, mechanisms.Hint{}, "a whole number"},
		"unknown label":          {`{"changes": {"WINDOW": "XL"}, "why": "x"}`, mechanisms.Hint{}, "one of S, L, SL"},
		"a label by its index":   {`{"changes": {"WINDOW": 1}, "why": "x"}`, mechanisms.Hint{}, "one of S, L, SL"},
		"unknown parameter":      {`{"changes": {"DEPTH": 3}, "why": "x"}`, mechanisms.Hint{}, "the parameters are LR, BATCH, MICRO, WINDOW, DECAY"},
		"null":                   {`{"changes": {"LR": null}, "why": "x"}`, mechanisms.Hint{}, "LR = null"},
		"frozen":                 {`{"changes": {"DECAY": 0.1}, "why": "x"}`, mechanisms.Hint{}, "DECAY is frozen at 0.2"},
		"not in the hint":        {`{"changes": {"LR": 0.3}, "why": "x"}`, mechanisms.Hint{Params: []string{"BATCH"}}, "change only BATCH"},
		"against the hint's way": {`{"changes": {"LR": 0.3}, "why": "x"}`, mechanisms.Hint{Direction: -1}, "may only go downward"},
		"no changes":             {`{"changes": {}, "why": "all is bad"}`, mechanisms.Hint{}, "changes is empty, want at least one parameter"},
		"no changes, no reason":  {`{"changes": {}, "why": " "}`, mechanisms.Hint{Params: []string{"LR"}}, "say why every point that is left is bad"},
		"every label is left":    {`{"changes": {}, "why": "x"}`, mechanisms.Hint{Params: []string{"WINDOW", "LR", "BATCH", "MICRO", "DECAY"}}, "changes is empty, want"},
		"nothing changed":        {`{"changes": {"LR": 0.2}, "why": "x"}`, mechanisms.Hint{}, "changes nothing"},
		"a constraint":           {`{"changes": {"MICRO": 7}, "why": "x"}`, mechanisms.Hint{}, "whole micro-batches"},
		"a constraint of the task": {`{"changes": {"LR": 0.3, "BATCH": 256, "MICRO": 64}, "why": "x"}`, mechanisms.Hint{},
			"needs 9 GB"},
		"tried":              {`{"changes": {"LR": 0.1}, "why": "x"}`, mechanisms.Hint{}, "as trial 0 (2.5000 bits per byte, kept)"},
		"tried, and failed":  {`{"changes": {"LR": 0.4}, "why": "x"}`, mechanisms.Hint{}, "as trial 2 (diverged)"},
		"in training":        {`{"changes": {"BATCH": 128}, "why": "x"}`, mechanisms.Hint{}, "being trained now, as trial 3"},
		"two things at once": {`{"changes": {"LR": 3, "BATCH": 3}, "why": "x"}`, mechanisms.Hint{}, "BATCH = 3"},
	} {
		in := input()
		in.Hint = c.hint
		in.Check = func(p mechanisms.Point) error {
			if p[1] == 256 {
				return errors.New("BATCH 256 needs 9 GB, there are 4")
			}
			return nil
		}
		if name == "frozen" {
			in.Steer.Frozen = []string{"DECAY"}
		}
		s := &script{replies: []string{c.reply}}
		_, err := propose.Ask(context.Background(), s, in)
		var unusable *propose.UnusableError
		if !errors.As(err, &unusable) || !errors.Is(err, mechanisms.ErrNoAnswer) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
			continue
		}
		if len(s.asked) != propose.Attempts || len(unusable.Reasons) != propose.Attempts {
			t.Errorf("%s: asked %d times with %d reasons, want %d", name, len(s.asked), len(unusable.Reasons), propose.Attempts)
		}
		m := s.asked[1].Messages
		if len(m) != 4 || m[2].Role != "assistant" || m[2].Content != c.reply || !strings.Contains(m[3].Content, c.want) {
			t.Errorf("%s: the second question does not repeat the reply and say %q: %+v", name, c.want, m[2:])
		}
	}
}

func TestAMendedReplyCounts(t *testing.T) {
	s := &script{replies: []string{"hm", `{"changes": {"LR": 9}, "why": "x"}`, `{"changes": {"LR": 0.3}, "why": "x"}`}}
	p, err := propose.Ask(context.Background(), s, input())
	if err != nil || p.Point[0] != 0.3 || len(s.asked) != 3 {
		t.Errorf("got %+v, %v after %d questions", p, err, len(s.asked))
	}
	keys := map[string]bool{}
	for i, r := range s.asked {
		keys[r.Key()] = true
		if r.Attempt != i || r.Turn != 4 {
			t.Errorf("question %d is at turn %d, attempt %d", i, r.Turn, r.Attempt)
		}
	}
	if len(keys) != 3 {
		t.Errorf("3 questions have %d keys", len(keys))
	}
}

// Only where a restriction binds may the model say that nothing it leaves is worth a trial. It is not asked again.
func TestTheModelMayDeclineARestriction(t *testing.T) {
	for name, hint := range map[string]mechanisms.Hint{
		"parameters": {Params: []string{"LR"}}, "a direction": {Direction: 1}, "both": {Params: []string{"LR"}, Direction: 1},
	} {
		in, s := input(), &script{replies: []string{"hm", `{"changes": {}, "why": "trial 2 diverged at 0.4"}`}}
		in.Hint = hint
		_, err := propose.Ask(context.Background(), s, in)
		var unusable *propose.UnusableError
		if !errors.As(err, &unusable) || !errors.Is(err, mechanisms.ErrNoAnswer) || unusable.Declined != "trial 2 diverged at 0.4" || !strings.Contains(err.Error(), unusable.Declined) {
			t.Errorf("%s: got %v, want ErrNoAnswer with the model's reason", name, err)
		}
		if len(s.asked) != 2 {
			t.Errorf("%s: asked %d times, want 2", name, len(s.asked))
		}
		if prompt, schema := s.asked[0].Messages[1].Content, string(s.asked[0].Schema.JSON); !strings.Contains(prompt, "plainly bad") || !strings.Contains(schema, `"minProperties":0`) {
			t.Errorf("%s: the model is not told that it may decline: %s\n%s", name, schema, prompt)
		}
	}
	in, s := input(), &script{replies: []string{`{"changes": {"LR": 0.05}, "why": "x"}`}}
	in.Hint.Text = "Go down."
	if _, err := propose.Ask(context.Background(), s, in); err != nil || strings.Contains(s.asked[0].Messages[1].Content, "plainly bad") || !strings.Contains(string(s.asked[0].Schema.JSON), `"minProperties":1`) {
		t.Errorf("advice binds nothing, yet the model may decline it: %v\n%s", err, s.asked[0].Schema.JSON)
	}
}

func TestTheSchemaGoesOneWayOnly(t *testing.T) {
	for direction, want := range map[int]string{
		1: `"LR":{"maximum":1,"minimum":0.2,"type":"number"}`, -1: `"LR":{"maximum":0.2,"minimum":0.001,"type":"number"}`, 0: `"LR":{"maximum":1,"minimum":0.001,"type":"number"}`,
	} {
		in, s := input(), &script{replies: []string{"{}"}}
		in.Hint.Direction = direction
		if _, err := propose.Ask(context.Background(), s, in); err == nil {
			t.Error("an empty reply was taken for a proposal")
		}
		if schema := string(s.asked[0].Schema.JSON); !strings.Contains(schema, want) || !strings.Contains(schema, `"enum":["S","L","SL"]`) {
			t.Errorf("direction %d: want %s in %s", direction, want, schema)
		}
	}
}

func TestAHintThatLeavesNothingIsNotPutToTheModel(t *testing.T) {
	in, s := input(), &script{replies: []string{"{}"}}
	in.Hint.Params, in.Steer.Frozen = []string{"DECAY", "NOSUCH"}, []string{"DECAY"}
	_, err := propose.Ask(context.Background(), s, in)
	if !errors.Is(err, mechanisms.ErrNoAnswer) || len(s.asked) != 0 || !strings.Contains(err.Error(), "the hint names DECAY, NOSUCH, and frozen are DECAY") {
		t.Errorf("got %v after %d questions", err, len(s.asked))
	}
}

func TestErrorsOfTheModelPassThrough(t *testing.T) {
	_, err := propose.Ask(context.Background(), &script{err: model.ErrBudget}, input())
	if !errors.Is(err, model.ErrBudget) || errors.Is(err, mechanisms.ErrNoAnswer) {
		t.Errorf("got %v, want ErrBudget", err)
	}
}

func TestThePromptShowsEverything(t *testing.T) {
	in := input()
	in.Steer = mechanisms.Steering{Frozen: []string{"MICRO"}, Strategy: "explore", Guidance: "Mind the batch."}
	in.Hint = mechanisms.Hint{Text: "Go down.", Params: []string{"LR"}, Direction: -1}
	in.View.Lessons = []mechanisms.Lesson{{Text: "helped before", Param: "DECAY", Confidence: 0.5}}
	in.View.Noise = 0.0123
	s := &script{replies: []string{`{"changes": {"LR": 0.05}, "why": "x"}`}}
	if _, err := propose.Ask(context.Background(), s, in); err != nil {
		t.Fatal(err)
	}
	prompt := s.asked[0].Messages[1].Content
	for _, want := range []string{
		"A small GPT.", "| LR | 0.2 | 0.1 |", "MICRO (frozen)", "one of S, L, SL", "BATCH is a whole multiple of MICRO (whole micro-batches)",
		"2.500000", "2.400000", "diverged: loss became NaN", "trial 3: BATCH 64 → 128", "0.012 bits per byte", "DECAY: helped before",
		"Strategy: explore.", "Mind the batch.", "Change only: LR.", "27 trials are left", "Only lower it.", "Go down.",
	} {
		if !strings.Contains(prompt, want) {
			t.Errorf("the prompt lacks %q:\n%s", want, prompt)
		}
	}
	if schema := string(s.asked[0].Schema.JSON); !strings.Contains(schema, `"LR"`) || strings.Contains(schema, `"BATCH"`) {
		t.Errorf("the schema should name only what the hint allows: %s", schema)
	}
}

// A list that allows everything that is free says nothing, and one that names what is frozen would promise what is refused.
func TestThePromptNamesOnlyWhatTheHintLeaves(t *testing.T) {
	for _, c := range []struct{ params, frozen, want string }{
		{"LR BATCH MICRO WINDOW DECAY", "", ""},
		{"LR BATCH MICRO WINDOW", "DECAY", ""},
		{"LR DECAY", "DECAY", "Change only: LR."},
		{"", "DECAY", ""},
	} {
		in := input()
		in.Hint.Params, in.Steer.Frozen = strings.Fields(c.params), strings.Fields(c.frozen)
		s := &script{replies: []string{`{"changes": {"LR": 0.05}, "why": "x"}`}}
		if _, err := propose.Ask(context.Background(), s, in); err != nil {
			t.Fatal(err)
		}
		prompt := s.asked[0].Messages[1].Content
		if !strings.Contains(prompt, c.want) || c.want == "" && strings.Contains(prompt, "Change only") {
			t.Errorf("hint of %q with %q frozen: want %q in the prompt:\n%s", c.params, c.frozen, c.want, prompt)
		}
	}
}

func TestTheLastTrialIsSaidToBeTheLast(t *testing.T) {
	for limit, want := range map[int]string{4: "This is the last trial of the run", 5: "2 trials are left, this one included"} {
		in := input()
		in.View.Limit = limit
		s := &script{replies: []string{`{"changes": {"LR": 0.05}, "why": "x"}`}}
		if _, err := propose.Ask(context.Background(), s, in); err != nil {
			t.Fatal(err)
		}
		if prompt := s.asked[0].Messages[1].Content; !strings.Contains(prompt, want) {
			t.Errorf("trial 4 of %d: the prompt lacks %q:\n%s", limit, want, prompt)
		}
	}
}

// Whatever a model says, what comes out is a point that may be trained, or an error.
func FuzzAsk(f *testing.F) {
	for _, s := range []string{`{"changes": {"LR": 0.3}, "why": "x"}`, `{"changes": {"WINDOW": "L", "BATCH": 1e2}, "why": ""}`, "{", `{"changes": {"lr": "1e-2"}}`, `{"changes": {"LR": 1e999}, "why": "x"}`, `{"changes": {"LR": "NaN"}, "why": "x"}`} {
		f.Add(s)
	}
	in := input()
	in.Steer.Frozen = []string{"DECAY"}
	incumbent := in.View.Trials[1].Point
	f.Fuzz(func(t *testing.T, reply string) {
		p, err := propose.Ask(context.Background(), &script{replies: []string{reply}}, in)
		if err != nil {
			return
		}
		if err := in.View.Space.Check(p.Point); err != nil || p.Point[4] != incumbent[4] || p.Point.Equal(incumbent) {
			t.Errorf("reply %q became %v: %v", reply, p.Point, err)
		}
	})
}
