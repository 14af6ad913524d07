package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/templates"
)

// claimed is a run with something of everything: 1 and 2 raise RATE and help, 3 raises it and hurts, 4 does nothing to ACT, 5
// raises DECAY and diverges, 6 crashes.
func claimed() Run {
	return lived("a", here(), trace(
		step{change: map[string]float64{"RATE": 0.2}, bpb: 1.9},
		step{change: map[string]float64{"RATE": 0.4}, bpb: 1.8},
		step{change: map[string]float64{"RATE": 0.8}, bpb: 1.85},
		step{change: map[string]float64{"ACT": 1}, bpb: 1.8},
		step{change: map[string]float64{"DECAY": 0.9}, status: "diverged"},
		step{change: map[string]float64{"DECAY": 0.4}, status: "crashed"},
	))
}

func TestLessonsAreHeldAgainstTheRecord(t *testing.T) {
	lesson := func(param string, direction int, claim string, trials ...int) templates.Lesson {
		return templates.Lesson{Text: "Words of\n the model.", Param: param, Direction: direction, Claim: claim, Trials: trials}
	}
	for _, c := range []struct {
		lesson templates.Lesson
		why    string // empty: it is accepted
	}{
		{lesson("RATE", +1, "helped", 2, 1, 2), ""},
		{lesson("DECAY", +1, "hurt", 5), ""},
		{lesson("ACT", 0, "nothing", 4), ""},
		{lesson("RATE", +1, "helped", 1, 9), "trial 9 does not exist"},
		{lesson("RATE", +1, "helped", 0), "baseline"},
		{lesson("RATE", +1, "helped", 3), `hurt, not "helped": +0.0500`},
		{lesson("RATE", -1, "helped", 1), "the other way, from 0.1 to 0.2"},
		{lesson("DECAY", -1, "hurt", 6), "failed for another reason than its point"},
		{lesson("DECAY", +1, "hurt", 1), "did not change DECAY"},
		{lesson("RATE", +1, "hurt", 3), "more against it"},
		{lesson("HEAT", +1, "helped", 1), "no parameter"},
		{lesson("ACT", +1, "nothing", 4), "neither up nor down"},
		{lesson("RATE", +1, "cured", 1), `"cured"`},
		{lesson("RATE", +1, "helped"), "no trial"},
		{templates.Lesson{Text: strings.Repeat("long ", 100), Param: "RATE", Direction: 1, Claim: "helped", Trials: []int{1}}, "bytes"},
	} {
		s, err := Check(claimed(), c.lesson)
		switch {
		case c.why == "" && err != nil:
			t.Errorf("%+v: refused: %v", c.lesson, err)
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%+v: %v, want it refused with %q", c.lesson, err, c.why)
		case c.why == "" && s.Text != "Words of the model.":
			t.Errorf("words %q are not one line", s.Text)
		}
	}
	s, err := Check(claimed(), lesson("RATE", +1, "helped", 2, 1, 2))
	if err != nil || len(s.Trials) != 2 || s.Direction != 1 || s.Effect > -0.0999 || s.Effect < -0.1001 {
		t.Errorf("%+v, %v; want two trials with the effect that they had, -0.1", s, err)
	}
}

// scripted answers in order and keeps what it was asked.
type scripted struct {
	replies []string
	asked   []model.Request
}

func (s *scripted) Name() string { return "script" }

func (s *scripted) Chat(_ context.Context, r model.Request) (model.Reply, error) {
	s.asked = append(s.asked, r)
	if len(s.replies) < len(s.asked) {
		return model.Reply{}, model.ErrUnavailable
	}
	return model.Reply{Text: s.replies[len(s.asked)-1]}, nil
}

// The prompt, the schema and the check agree on the difference that counts and on how many lessons are wanted.
func TestTheQuestionSaysWhatTheCheckHolds(t *testing.T) {
	r := claimed()
	one := `{"text": "Raise it.", "param": "RATE", "direction": 1, "claim": "helped", "trials": [1, 2]}`
	s := &scripted{replies: []string{`{"lessons": [` + strings.Repeat(one+",", MaxDrawn) + one + `]}`, `{"lessons": [` + strings.Repeat(one+",", MaxDrawn-1) + one + `]}`}}
	x, err := Ask(context.Background(), s, wire.View{RunSeed: 1, Space: r.Space, Trials: r.Trials}, "a task", r)
	must(t, err)
	if len(x.Unusable) != 1 || len(x.Accepted) != MaxDrawn {
		t.Errorf("%+v; want five lessons refused as a reply, and four taken", x)
	}
	if want := fmt.Sprintf("by more than %.2g bits per byte", r.Beyond()); !strings.Contains(s.asked[0].Messages[0].Content, want) {
		t.Errorf("the prompt lacks %q:\n%s", want, s.asked[0].Messages[0].Content)
	}
}

func TestAModelsLessonsAreKeptWithWhatSupportsThem(t *testing.T) {
	m, r := opened(t), claimed()
	s := &scripted{replies: []string{"no JSON", `{"lessons": [
		{"text": "Raise it while the batch is small.", "param": "RATE", "direction": 1, "claim": "helped", "trials": [1, 2]},
		{"text": "Heat helps.", "param": "HEAT", "direction": 1, "claim": "helped", "trials": [1]}]}`}}
	x, err := Ask(context.Background(), s, wire.View{RunSeed: 1, Space: r.Space, Trials: r.Trials}, "a task", r)
	must(t, err)
	if len(x.Accepted) != 1 || len(x.Refused) != 1 || len(x.Unusable) != 1 || x.Trials != 6 {
		t.Fatalf("%+v; want one accepted, one refused, one unusable reply", x)
	}
	if words := s.asked[0].Messages[1].Content; !strings.Contains(words, "RATE: Raising it from 0.1 to 0.4 helped") || !strings.Contains(words, "a task") || s.asked[0].Key() == s.asked[1].Key() {
		t.Errorf("the question lacks what is known already, or is put twice under one key:\n%s", words)
	}
	_, err = m.Learn(r)
	must(t, err)
	id, err := m.Write(x.Accepted[0])
	must(t, err)
	l, err := m.Find(id)
	must(t, err)
	if l.Kind != ByModel || l.For != 2 || l.Against != 0 || l.Confidence != 0.5 || len(l.Trials) != 2 {
		t.Errorf("%+v; want it weighed as the rule weighs: two trials for, and the one that went too far is no contradiction", l)
	}
	told, err := m.Recall(here(), space)
	must(t, err)
	var both []string
	for _, x := range told {
		if x.Lesson.Param == "RATE" {
			both = append(both, x.Lesson.Text)
		}
	}
	if len(both) != 1 {
		t.Errorf("told of RATE: %q; the rule's lesson and the model's are one fact, want it once", both)
	}
	// A later run that contradicts it weakens it.
	_, err = m.Learn(lived("b", here(), trace(upBad)))
	must(t, err)
	if now, err := m.Find(id); err != nil || !(now.Confidence < l.Confidence) {
		t.Errorf("after a run that contradicts: confidence %v, was %v (%v)", now.Confidence, l.Confidence, err)
	}
}

// The rule and a model that say one thing of one parameter, with a direction or without, tell it once: the surer one.
func TestOneFactIsToldOnce(t *testing.T) {
	m, r := opened(t), claimed()
	_, err := m.Learn(r)
	must(t, err)
	_, err = m.Learn(lived("b", here(), trace(step{change: map[string]float64{"DECAY": 0.8}, bpb: 2.2}, step{change: map[string]float64{"DECAY": 0.3}, bpb: 2.2})))
	must(t, err)
	for _, l := range []templates.Lesson{
		{Text: "Slow it is bad.", Param: "DECAY", Direction: +1, Claim: "hurt", Trials: []int{5}},
		{Text: "Faster is better.", Param: "RATE", Claim: "helped", Trials: []int{1}},
	} {
		s, err := Check(r, l)
		must(t, err)
		_, err = m.Write(s)
		must(t, err)
	}
	told, err := m.Recall(here(), space)
	must(t, err)
	var texts []string
	for _, x := range told {
		texts = append(texts, x.Lesson.Param+": "+x.Lesson.Text)
	}
	slices.Sort(texts)
	want := []string{
		"DECAY: Lowering it from 0.5 to 0.3 hurt.", // another fact of the same parameter
		"DECAY: Raising it from 0.5 to 0.8 hurt.",
		"RATE: Raising it from 0.1 to 0.4 helped; as far as 0.8 hurt.",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("told %q, want %q", texts, want)
	}
}
