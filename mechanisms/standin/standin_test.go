package standin

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func view() mechanisms.View {
	s := mechanisms.Space{Name: "test", Params: []mechanisms.Param{
		{Name: "RATE", Kind: mechanisms.Float, Min: 0.001, Max: 1, Default: 0.1, Log: true},
		{Name: "WIDTH", Kind: mechanisms.Pow2, Min: 16, Max: 256, Default: 64},
		{Name: "SHAPE", Kind: mechanisms.Choice, Max: 2, Choices: []string{"a", "b", "c"}},
		{Name: "LAYERS", Kind: mechanisms.Int, Min: 1, Max: 9, Default: 4},
	}}
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	return mechanisms.View{Seq: 1, Space: s, Incumbent: base, Trials: []mechanisms.Trial{base}}
}

func TestHonoursTheHint(t *testing.T) {
	v := view()
	v.Steer.Frozen = []string{"LAYERS"}
	for seq := range 200 {
		v.Seq = seq
		p, err := Suggest(v, 7)(context.Background(), mechanisms.Hint{Params: []string{"RATE", "WIDTH", "LAYERS"}, Direction: +1})
		if err != nil {
			t.Fatal(err)
		}
		changed := v.Space.Changed(v.Incumbent.Point, p.Point)
		if len(changed) != 1 || changed[0] > 1 || p.Point[changed[0]] < v.Incumbent.Point[changed[0]] {
			t.Fatalf("hint RATE, WIDTH upward with LAYERS frozen: got %s", v.Space.Diff(v.Incumbent.Point, p.Point))
		}
	}
}

func TestStartsFromTheHintsPoint(t *testing.T) {
	v := view()
	from := mechanisms.Point{0.5, 128, 2, 9}
	v.Steer.Frozen = []string{"LAYERS"}
	p, err := Suggest(v, 1)(context.Background(), mechanisms.Hint{From: from, Params: []string{"SHAPE"}})
	if err != nil {
		t.Fatal(err)
	}
	if p.Point[0] != 0.5 || p.Point[1] != 128 || p.Point[2] == 2 || p.Point[3] != 4 {
		t.Fatalf("from %v with LAYERS frozen at 4, change SHAPE: got %v", from, p.Point)
	}
}

func TestSameDecisionSameAnswerEachCallAnother(t *testing.T) {
	v := view()
	a, b := Suggest(v, 3), Suggest(v, 3)
	answers := map[string]bool{}
	for range 5 {
		p, errP := a(context.Background(), mechanisms.Hint{})
		q, errQ := b(context.Background(), mechanisms.Hint{})
		if errP != nil || errQ != nil || !p.Point.Equal(q.Point) {
			t.Fatalf("same seed and view: got %v (%v) and %v (%v)", p.Point, errP, q.Point, errQ)
		}
		answers[p.Why] = true
	}
	if len(answers) < 3 {
		t.Errorf("five calls in one decision gave only %v, want answers that differ", answers)
	}
}

func TestErrsWhenNothingIsLeft(t *testing.T) {
	top := view()
	top.Incumbent.Point = mechanisms.Point{1, 256, 0, 9}
	for name, c := range map[string]struct {
		v mechanisms.View
		h mechanisms.Hint
	}{
		"unknown parameter": {view(), mechanisms.Hint{Params: []string{"NOPE"}}},
		"at the end":        {top, mechanisms.Hint{Params: []string{"RATE"}, Direction: +1}},
		"bad From":          {view(), mechanisms.Hint{From: mechanisms.Point{math.Inf(1), 64, 0, 4}}},
	} {
		if p, err := Suggest(c.v, 1)(context.Background(), c.h); !errors.Is(err, mechanisms.ErrNoAnswer) {
			t.Errorf("%s: got %v, %v; want ErrNoAnswer", name, p.Point, err)
		}
	}
}
