package steer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/steer"
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

// input is a run on six parameters A to F, of which B is frozen.
func input() steer.Input {
	s := mechanisms.Space{Name: "test"}
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		s.Params = append(s.Params, mechanisms.Param{Name: name, Kind: mechanisms.Float, Max: 1, Default: 0.5})
	}
	return steer.Input{Seq: 6, Every: 5, Task: "A small GPT.", View: wire.View{
		Space: s, Limit: 30, Parallel: 1,
		Trials: []mechanisms.Trial{{Point: s.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}},
		Steer:  mechanisms.Steering{Frozen: []string{"B"}, Strategy: "balanced", Guidance: "Old advice.", Since: 1},
	}}
}

func course(freeze, unfreeze, strategy, guidance string) string {
	return fmt.Sprintf(`{"freeze": [%s], "unfreeze": [%s], "strategy": %q, "guidance": %q, "why": "because"}`, freeze, unfreeze, strategy, guidance)
}

func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		reply string
		want  mechanisms.Steering
	}{
		"freeze":      {course(`"A"`, "", "explore", " New advice. "), mechanisms.Steering{Frozen: []string{"A", "B"}, Strategy: "explore", Guidance: "New advice.", Since: 6}},
		"exchange":    {course(`"F","A"`, `"B"`, "exploit", ""), mechanisms.Steering{Frozen: []string{"A", "F"}, Strategy: "exploit", Since: 6}},
		"free all":    {course("", `"B"`, "balanced", "x"), mechanisms.Steering{Strategy: "balanced", Guidance: "x", Since: 6}},
		"freeze anew": {course(`"B"`, `"C"`, "balanced", "x"), mechanisms.Steering{Frozen: []string{"B"}, Strategy: "balanced", Guidance: "x", Since: 6}},
	} {
		s, record, err := steer.Decide(context.Background(), &script{replies: []string{c.reply}}, input())
		if err != nil || !slices.Equal(s.Frozen, c.want.Frozen) || s.Strategy != c.want.Strategy || s.Guidance != c.want.Guidance || s.Since != c.want.Since {
			t.Errorf("%s: %+v, %v; want %+v", name, s, err, c.want)
		}
		if record.Unchanged || record.Why != "because" || len(record.Unusable) != 0 || record.Seq != 6 {
			t.Errorf("%s: record %+v", name, record)
		}
	}
}

func TestWhatIsOutOfBoundsIsToldAndTheFormerSteeringStays(t *testing.T) {
	for name, c := range map[string]struct{ reply, want string }{
		"too few free":      {course(`"A","C"`, "", "explore", "x"), "leave 3 parameters free, want at least 4"},
		"unknown parameter": {course(`"LR"`, "", "explore", "x"), "the parameters are A, B, C, D, E, F"},
		"both ways":         {course(`"A"`, `"A"`, "explore", "x"), "both under freeze and under unfreeze"},
		"unknown strategy":  {course("", "", "panic", "x"), "one of explore, exploit, balanced"},
		"long guidance":     {course("", "", "explore", strings.Repeat("long ", 200)), "want at most 800"},
		"acceptance":        {`{"freeze": [], "unfreeze": [], "strategy": "explore", "guidance": "", "why": "x", "accept": "everything"}`, `field "accept"`},
		"prose":             {"All is well.", "no JSON object"},
	} {
		in, m := input(), &script{replies: []string{c.reply}}
		s, record, err := steer.Decide(context.Background(), m, in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s.Guidance != "Old advice." || !slices.Equal(s.Frozen, []string{"B"}) || s.Since != 1 || !record.Unchanged || len(record.Unusable) != steer.Attempts {
			t.Errorf("%s: %+v, %+v; want the former steering, and the record to say so", name, s, record)
		}
		if !strings.Contains(record.Unusable[0], c.want) || !strings.Contains(m.asked[1].Messages[3].Content, c.want) {
			t.Errorf("%s: told %q, want %q", name, record.Unusable[0], c.want)
		}
	}
}

func TestAMendedReplyCounts(t *testing.T) {
	m := &script{replies: []string{"hm", course(`"A"`, "", "explore", "x")}}
	s, record, err := steer.Decide(context.Background(), m, input())
	if err != nil || len(record.Unusable) != 1 || record.Unchanged || !slices.Equal(s.Frozen, []string{"A", "B"}) {
		t.Errorf("got %+v, %+v, %v", s, record, err)
	}
	if prompt := m.asked[0].Messages[1].Content; !strings.Contains(prompt, "25 trials are left") || !strings.Contains(prompt, "Old advice.") || !strings.Contains(prompt, "B (frozen)") {
		t.Errorf("the prompt lacks the trials left, the guidance in force or what is frozen:\n%s", prompt)
	}
}

// What the model is told: for how many trials it steers, what is in force, also when that is nothing, and who reads it.
func TestThePromptSaysWhoIsSteeredAndForHowLong(t *testing.T) {
	ask := func(in steer.Input) string {
		m := &script{replies: []string{course("", "", "explore", "x")}}
		if _, _, err := steer.Decide(context.Background(), m, in); err != nil {
			t.Fatal(err)
		}
		return m.asked[0].Messages[1].Content
	}
	check := func(prompt string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(prompt, want) {
				t.Errorf("the prompt lacks %q:\n%s", want, prompt)
			}
		}
	}
	in := input()
	in.Mechanism, in.Idea = "tabu-0a1b2c", "never repeat"
	for seq, by := range []string{"default", "model", "model", "tabu-0a1b2c"} {
		trial := in.View.Trials[0]
		trial.Seq, trial.Kept, trial.By = seq, seq == 0, by
		in.View.Trials = append(in.View.Trials[:seq:seq], trial)
	}
	in.View.Steer.Since = 2
	check(ask(in), "Steering in force, set before trial 2", "Frozen: B. Strategy: balanced.", "Old advice.", "tabu-0a1b2c", "never repeat",
		"Finished since this steering was set: 2; proposed by the language model: 1; by the mechanism alone: 1.", "25 trials are left. Set the steering for the next 5 trials, as JSON")
	in.View.Steer, in.View.Limit = mechanisms.Steering{}, 7
	check(ask(in), "Frozen: nothing. Strategy: none. Guidance: none.", "Finished since the baseline: 3;", "2 trials are left. Set the steering for the next 2 trials, the last of the run, as JSON")
}

func TestASmallSpaceStaysFreeAsAWhole(t *testing.T) {
	in := input()
	in.View.Space.Params = in.View.Space.Params[:3]
	in.View.Trials[0].Point, in.View.Steer = in.View.Trials[0].Point[:3], mechanisms.Steering{}
	_, record, err := steer.Decide(context.Background(), &script{replies: []string{course(`"A"`, "", "explore", "x")}}, in)
	if err != nil || !record.Unchanged {
		t.Errorf("%+v, %v: of three parameters one was frozen", record, err)
	}
}

func TestErrorsOfTheModelPassThrough(t *testing.T) {
	s, _, err := steer.Decide(context.Background(), &script{err: model.ErrUnavailable}, input())
	if !errors.Is(err, model.ErrUnavailable) || s.Guidance != "Old advice." {
		t.Errorf("got %+v, %v", s, err)
	}
}
