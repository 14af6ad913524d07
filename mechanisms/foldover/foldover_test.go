package foldover

import (
	"context"
	"errors"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var errAsked = errors.New("the model was asked")

func view(trials ...mechanisms.Trial) mechanisms.View {
	s := mechanisms.Space{Name: "toy", Params: []mechanisms.Param{
		{Name: "RATE", Kind: mechanisms.Float, Min: 0.001, Max: 10, Default: 0.1, Log: true},
		{Name: "WIDTH", Kind: mechanisms.Pow2, Min: 16, Max: 64, Default: 64},
		{Name: "SHAPE", Kind: mechanisms.Choice, Max: 2, Choices: []string{"a", "b", "c"}},
	}}
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	v := mechanisms.View{Space: s, Incumbent: base, Trials: append([]mechanisms.Trial{base}, trials...)}
	v.Suggest = func(context.Context, mechanisms.Hint) (mechanisms.Proposal, error) {
		return mechanisms.Proposal{}, errAsked
	}
	return v
}

func discarded(p ...float64) mechanisms.Trial {
	return mechanisms.Trial{Point: p, Status: mechanisms.Complete, BPB: 2.1}
}

func TestFoldsADiscardOnItsOwnScale(t *testing.T) {
	diverged := discarded(0.4, 64, 0)
	diverged.Status = mechanisms.Diverged
	for name, c := range map[string]struct {
		v    mechanisms.View
		want float64
	}{
		"halving becomes doubling":          {view(discarded(0.05, 64, 0)), 0.2},
		"a divergence is folded too":        {view(diverged), 0.025},
		"beyond the range it ends at it":    {view(discarded(0.001, 64, 0)), 10},
		"an older discard not yet answered": {view(discarded(0.05, 64, 0), discarded(0.1, 64, 1)), 0.2},
	} {
		p, err := New().Propose(context.Background(), c.v)
		if err != nil || !p.Point.Equal(mechanisms.Point{c.want, 64, 0}) {
			t.Errorf("%s: got %v, %v; want RATE = %v", name, p.Point, err, c.want)
		}
	}
}

func TestAsksTheModelWhenThereIsNothingToFold(t *testing.T) {
	kept := discarded(0.05, 64, 0)
	kept.Kept = true
	afterKeep := view(discarded(0.05, 64, 0), kept)
	afterKeep.Incumbent = kept
	frozen := view(discarded(0.05, 64, 0))
	frozen.Steer.Frozen = []string{"RATE"}
	pending := view(discarded(0.05, 64, 0))
	pending.Pending = []mechanisms.Proposal{{Point: mechanisms.Point{0.3, 64, 0}}}
	for name, v := range map[string]mechanisms.View{
		"nothing tried":                         view(),
		"both sides tried":                      view(discarded(0.05, 64, 0), discarded(0.2, 64, 0)),
		"both sides tried by different steps":   view(discarded(0.05, 64, 0), discarded(0.13, 64, 0)),
		"the other side is being trained":       pending,
		"two parameters changed":                view(discarded(0.05, 32, 0)),
		"a choice":                              view(discarded(0.1, 64, 1)),
		"the incumbent stands at the end":       view(discarded(0.1, 32, 0)),
		"the discard is from another incumbent": afterKeep,
		"the parameter is frozen":               frozen,
		"a trial without a point":               view(mechanisms.Trial{Status: mechanisms.NoAnswer}),
	} {
		if p, err := New().Propose(context.Background(), v); !errors.Is(err, errAsked) {
			t.Errorf("%s: got %v, %v; want the model to be asked", name, p.Point, err)
		}
	}
}
