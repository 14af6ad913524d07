package memory

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var space = mechanisms.Space{Name: "toy", Params: []mechanisms.Param{
	{Name: "RATE", Kind: mechanisms.Float, Min: 0.001, Max: 10, Default: 0.1, Log: true},
	{Name: "DECAY", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
	{Name: "DEPTH", Kind: mechanisms.Int, Min: 1, Max: 9, Default: 4},
}}

var errAsked = errors.New("the model was asked")

func view(hint *mechanisms.Hint) mechanisms.View {
	base := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	return mechanisms.View{Space: space, Incumbent: base, Trials: []mechanisms.Trial{base},
		Lessons: []mechanisms.Lesson{
			{Text: "Less decay helped a little.", Param: "DECAY", Direction: -1, Effect: -0.01, Confidence: 0.9},
			{Text: "A higher rate helped much.", Param: "RATE", Direction: +1, Effect: -0.1, Confidence: 0.8},
			{Text: "Somebody saw depth help.", Param: "DEPTH", Direction: +1, Effect: -0.5, Confidence: 0.1},
		},
		Suggest: func(_ context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
			*hint = h
			return mechanisms.Proposal{}, errAsked
		},
	}
}

func TestFollowsLessonsByWhatTheyPromiseUntilContradicted(t *testing.T) {
	var hint mechanisms.Hint
	v := view(&hint)
	want := []string{"RATE", "DECAY", ""}
	for k, name := range want {
		p, err := New().Propose(context.Background(), v)
		if name == "" {
			if !errors.Is(err, errAsked) || !strings.Contains(hint.Text, "A higher rate helped much.") || len(hint.Text) > 500 {
				t.Errorf("with every lesson used: %v, hint %q; want the model asked with the lessons", err, hint.Text)
			}
			return
		}
		changed := space.Changed(v.Incumbent.Point, p.Point)
		if err != nil || len(changed) != 1 || space.Params[changed[0]].Name != name {
			t.Fatalf("proposal %d: %s (%v), want %s changed", k, space.Diff(v.Incumbent.Point, p.Point), err, name)
		}
		v.Trials = append(v.Trials, mechanisms.Trial{Seq: k + 1, Point: p.Point, Status: mechanisms.Complete, BPB: 2.1})
	}
}

func TestALessonThatHoldsIsFollowedFurther(t *testing.T) {
	var hint mechanisms.Hint
	v := view(&hint)
	first, err := New().Propose(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	kept := mechanisms.Trial{Seq: 1, Point: first.Point, Status: mechanisms.Complete, BPB: 1.9, Kept: true}
	v.Trials, v.Incumbent = append(v.Trials, kept), kept
	if p, err := New().Propose(context.Background(), v); err != nil || p.Point[0] <= first.Point[0] {
		t.Errorf("after raising RATE to %v was kept: %s (%v), want it raised again", first.Point[0], space.Diff(kept.Point, p.Point), err)
	}
	v.Steer.Frozen = []string{"RATE"}
	if p, err := New().Propose(context.Background(), v); err != nil || p.Point[0] != kept.Point[0] || p.Point[1] >= 0.5 {
		t.Errorf("with RATE frozen: %s (%v), want DECAY lowered", space.Diff(kept.Point, p.Point), err)
	}
}
