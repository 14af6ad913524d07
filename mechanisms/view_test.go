package mechanisms

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func toyView() View {
	s := Space{Name: "toy", Params: []Param{
		{Name: "RATE", Kind: Float, Min: 0.001, Max: 1, Default: 0.1, Log: true},
		{Name: "WIDTH", Kind: Pow2, Min: 16, Max: 256, Default: 64},
		{Name: "SHAPE", Kind: Choice, Max: 2, Choices: []string{"a|b", "c", "d"}},
		{Name: "DECAY", Kind: Float, Min: 0, Max: 0.5, Default: 0.2},
	}}
	base := Trial{Point: s.Default(), Status: Complete, BPB: 2, Kept: true, By: "default"}
	return View{Seq: 1, Space: s, Incumbent: base, Trials: []Trial{base}, Rand: Stream(1, 1, "test")}
}

func TestAllowsRefusesWhatIsFrozen(t *testing.T) {
	v := toyView()
	v.Steer.Frozen = []string{"WIDTH"}
	if err := v.Allows(v.Incumbent.Point.With(1, 32)); err == nil || !strings.Contains(err.Error(), "WIDTH = 32, want 64: the parameter is frozen") {
		t.Errorf("changing a frozen parameter: %v", err)
	}
	if err := v.Allows(v.Incumbent.Point.With(0, 0.2)); err != nil {
		t.Errorf("changing a free parameter: %v", err)
	}
	if got := v.Free(); !reflect.DeepEqual(got, []int{0, 2, 3}) {
		t.Errorf("Free() = %v", got)
	}
}

func TestFreshFindsTheLastUntriedPoint(t *testing.T) {
	v := toyView()
	v.Steer.Frozen = []string{"RATE", "DECAY", "WIDTH"}
	draw := func() Point { return v.Nudge(v.Incumbent.Point, 2, 0.1) }
	v.Pending = []Proposal{{Point: v.Incumbent.Point.With(2, 1)}}
	if p, ok := v.Fresh(100, draw); !ok || p[2] != 2 {
		t.Errorf("with d alone untried, Fresh = %v, %v", p, ok)
	}
	v.Trials = append(v.Trials, Trial{Point: v.Incumbent.Point.With(2, 2)})
	if p, ok := v.Fresh(100, draw); ok || v.Allows(p) != nil {
		t.Errorf("with nothing untried, Fresh = %v, %v; want an allowed point and false", p, ok)
	}
	if p, ok := v.Fresh(3, func() Point { return Point{math.NaN()} }); ok || !p.Equal(v.Incumbent.Point) {
		t.Errorf("with nothing allowed, Fresh = %v, %v; want the incumbent's and false", p, ok)
	}
}

func TestDrawsStayInTheSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := toyView()
		for i := range v.Space.Params {
			q := param(t)
			q.Name = string(rune('A' + i))
			v.Space.Params[i] = q
			v.Incumbent.Point[i] = value(t, q)
		}
		v.Steer.Frozen = []string{"B"}
		v.Rand = Stream(rapid.Uint64().Draw(t, "seed"), 1, "draw")
		if p := v.Uniform(); v.Allows(p) != nil {
			t.Fatalf("Uniform() = %v: %v", p, v.Allows(p))
		}
		if p := v.Nudge(v.Incumbent.Point, 2, 0.2); v.Allows(p) != nil {
			t.Fatalf("Nudge(%v) = %v: %v", v.Incumbent.Point, p, v.Allows(p))
		}
	})
}

func TestAskWithoutAModel(t *testing.T) {
	if _, err := toyView().Ask(context.Background(), Hint{}); !errors.Is(err, ErrNoModel) {
		t.Errorf("Ask = %v, want ErrNoModel", err)
	}
}

func TestTrialSurvivesJSON(t *testing.T) {
	for _, want := range []Trial{
		{Seq: 3, Point: Point{1, 2}, Status: Complete, BPB: 2.25, Kept: true, By: "model", Why: "why", Curve: []Sample{{0.5, 3}}},
		{Seq: 4, Status: NoAnswer, BPB: math.NaN(), Reason: "no"},
	} {
		b, err := want.MarshalJSON()
		var got Trial
		if err != nil || got.UnmarshalJSON(b) != nil {
			t.Fatal(string(b), err)
		}
		if math.IsNaN(want.BPB) && math.IsNaN(got.BPB) {
			want.BPB, got.BPB = 0, 0
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read back %+v, want %+v", got, want)
		}
	}
}

func TestStreamsDifferByEveryArgument(t *testing.T) {
	seen := map[uint64]string{}
	for seed := range uint64(4) {
		for seq := range 4 {
			for _, method := range []string{"propose", "accept", "1 propose"} {
				x := Stream(seed, seq, method).Uint64()
				if x != Stream(seed, seq, method).Uint64() {
					t.Fatal("the same arguments gave two streams")
				}
				if other := seen[x]; other != "" {
					t.Errorf("stream %d %d %s begins as %s", seed, seq, method, other)
				}
				seen[x] = method
			}
		}
	}
}

func TestTableShowsEverything(t *testing.T) {
	v := toyView()
	d := v.Space.Default()
	trials := append(v.Trials,
		Trial{Seq: 1, Point: d.With(0, 0.2), Status: Complete, BPB: 1.9, Kept: true, By: "model", Why: "double\nthe rate | now"},
		Trial{Seq: 2, Point: d.With(0, 0.2).With(2, 0), Status: Complete, BPB: 1.95, By: "model"},
		Trial{Seq: 3, Point: d.With(0, 0.4), Status: Diverged, BPB: math.NaN(), Reason: "NaN at step 12", By: "foldover", Curve: []Sample{{0.25, 4.5}}},
		Trial{Seq: 4, Status: NoAnswer, BPB: math.NaN(), Reason: "no JSON"},
		Trial{Seq: 5, Point: Point{7}, Status: Invalid, BPB: math.NaN(), Reason: "1 value"},
		Trial{Seq: 6, Point: d.With(2, 1), Status: Complete, BPB: 2.5},
	)
	want := `The same in every trial: WIDTH = 64, DECAY = 0.2.

| # | bpb | change | kept | RATE | SHAPE | by | outcome | why |
|--:|--:|--:|---|--:|--:|---|---|---|
| 0 | 2.000000 |  | kept | 0.1 | a\|b | default | complete |  |
| 1 | 1.900000 | -0.100000 | kept | 0.2 | · | model | complete | double the rate \| now |
| 2 | 1.950000 | +0.050000 |  | · | · | model | complete |  |
| 3 |  |  |  | 0.4 | · | foldover | diverged: NaN at step 12; bpb 4.5000 at 25 % of its budget |  |
| 4 |  |  |  | | |  | no-answer: no JSON |  |
| 5 |  |  |  | | |  | invalid: 1 value; the point had 1 values: [7] |  |
| 6 | 2.500000 | +0.600000 |  | 0.1 | c |  | complete |  |
`
	if got := Table(v.Space, trials); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// How much was trained is shown where it is known of any trial, and travels with it.
func TestTableShowsWhatWasTrained(t *testing.T) {
	v := toyView()
	v.Trials[0].Steps, v.Trials[0].Tokens = 80, 81920
	trials := append(v.Trials,
		Trial{Seq: 1, Point: v.Space.Default().With(0, 0.2), Status: Complete, BPB: 1.9, Steps: 300, Tokens: 76800},
		Trial{Seq: 2, Point: v.Space.Default().With(0, 0.4), Status: Refused, BPB: math.NaN(), Reason: "too wide"})
	want := `| # | bpb | change | kept | steps | tokens | RATE | by | outcome | why |
|--:|--:|--:|---|--:|--:|--:|---|---|---|
| 0 | 2.000000 |  | kept | 80 | 81920 | 0.1 | default | complete |  |
| 1 | 1.900000 | -0.100000 |  | 300 | 76800 | 0.2 |  | complete |  |
| 2 |  |  |  |  |  | 0.4 |  | refused: too wide |  |
`
	if got := Table(v.Space, trials); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant it to end\n%s", got, want)
	}
	b, err := json.Marshal(trials[1:])
	if err != nil {
		t.Fatal(err)
	}
	var back []Trial
	if err := json.Unmarshal(b, &back); err != nil || back[0].Steps != 300 || back[0].Tokens != 76800 || strings.Count(string(b), "steps") != 1 {
		t.Errorf("from %s came %+v (%v); want the steps and tokens of the first, and no word of the second's", b, back, err)
	}
}
