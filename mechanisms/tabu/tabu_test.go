package tabu

import (
	"context"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var space = mechanisms.Space{Name: "toy", Params: []mechanisms.Param{
	{Name: "RATE", Kind: mechanisms.Float, Min: 0.001, Max: 10, Default: 0.1, Log: true},
	{Name: "DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
	{Name: "SHAPE", Kind: mechanisms.Choice, Max: 1, Choices: []string{"a", "b"}},
}}

// stubborn is a model that always proposes the same when it is free to.
func stubborn(p mechanisms.Point, hints *[]mechanisms.Hint) mechanisms.Suggest {
	return func(_ context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		*hints = append(*hints, h)
		return mechanisms.Proposal{Point: p, By: "model"}, nil
	}
}

func TestTurnsTheModelAwayFromADiscardedMove(t *testing.T) {
	base := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	discard := mechanisms.Trial{Seq: 1, Point: base.Point.With(0, 0.05), Status: mechanisms.Complete, BPB: 2.2}
	filler := mechanisms.Trial{Seq: 2, Point: base.Point.With(1, 0.3), Status: mechanisms.Complete, BPB: 1.9, Kept: true}
	old := []mechanisms.Trial{base, discard}
	for range tenure {
		old = append(old, filler)
	}
	for name, c := range map[string]struct {
		trials []mechanisms.Trial
		answer mechanisms.Point
		asks   int
	}{
		"the same move by another step":  {[]mechanisms.Trial{base, discard}, base.Point.With(0, 0.07), 2},
		"the same move with another one": {[]mechanisms.Trial{base, discard}, base.Point.With(0, 0.07).With(1, 0.1), 1},
		"the opposite move":              {[]mechanisms.Trial{base, discard}, base.Point.With(0, 0.2), 1},
		"a point that was tried":         {[]mechanisms.Trial{base, discard}, base.Point, 2},
		"a move discarded long ago":      {old, base.Point.With(0, 0.07), 1},
	} {
		var hints []mechanisms.Hint
		v := mechanisms.View{Space: space, Incumbent: base, Trials: c.trials, Rand: mechanisms.Stream(1, 1, name), Suggest: stubborn(c.answer, &hints)}
		if _, err := New().Propose(context.Background(), v); err != nil || len(hints) != c.asks {
			t.Errorf("%s: asked %d times (%v), want %d", name, len(hints), err, c.asks)
		}
		if c.asks == 2 {
			h := hints[1]
			if len(h.Params) != 1 || h.Params[0] == "RATE" && h.Direction != +1 || h.Text == "" {
				t.Errorf("%s: second hint is %+v, want one parameter with an open direction, and why", name, h)
			}
		}
	}
}
