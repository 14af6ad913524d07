package hybrid

import (
	"context"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

var space = mechanisms.Space{Name: "plane", Params: []mechanisms.Param{
	{Name: "X", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
	{Name: "Y", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
}}

// What the sampler proposes next must not depend on overrides that failed, and must depend on one that was kept.
func TestFailedOverridesNeverReachTheSampler(t *testing.T) {
	base := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, BPB: 1, Kept: true}
	own := []mechanisms.Trial{base}
	for k := range 11 {
		x := 0.3 + 0.02*float64(k)
		own = append(own, mechanisms.Trial{Seq: k + 1, Point: mechanisms.Point{x, 0.4}, Status: mechanisms.Complete, BPB: 1 + x, By: name})
	}
	next := func(trials []mechanisms.Trial) mechanisms.Point {
		v := mechanisms.View{Seq: 30, Space: space, Incumbent: base, Trials: trials}
		for seed := uint64(0); ; seed++ { // a stream on which the strategy proposes
			v.Rand = mechanisms.Stream(seed, 30, "propose")
			if mechanisms.Stream(seed, 30, "propose").Float64() >= override {
				p, err := New().Propose(context.Background(), v)
				if err != nil {
					t.Fatal(err)
				}
				return p.Point
			}
		}
	}
	failed := mechanisms.Trial{Seq: 12, Point: mechanisms.Point{0.99, 0.99}, Status: mechanisms.Complete, BPB: 5, By: standin.By}
	if a, b := next(own), next(append(own[:len(own):len(own)], failed)); !a.Equal(b) {
		t.Errorf("without the failed override %v, with it %v; want the same", a, b)
	}
	kept := failed
	kept.BPB, kept.Kept = 0.5, true
	if a, b := next(own), next(append(own[:len(own):len(own)], kept)); a.Equal(b) {
		t.Errorf("with and without a kept override %v, want the sampler to hear of it", a)
	}
}

func TestModelMakesItsShare(t *testing.T) {
	base := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, BPB: 1, Kept: true}
	v := mechanisms.View{Space: space, Incumbent: base, Trials: []mechanisms.Trial{base}}
	model := 0
	for seq := range 1000 {
		v.Seq, v.Rand = seq, mechanisms.Stream(1, seq, "propose")
		v.Suggest = standin.Suggest(v, 1)
		if p, err := New().Propose(context.Background(), v); err != nil {
			t.Fatal(err)
		} else if p.By == standin.By {
			model++
		}
	}
	if model < 250 || model > 350 {
		t.Errorf("the model made %d of 1000 proposals, want about %v", model, 1000*override)
	}
}
