package simulated_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/propose"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func newModel(t testing.TB, profile string) *simulated.Model {
	t.Helper()
	m, err := simulated.New(profile)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// first returns what the model answers to the first attempt, whether it can be used or not.
func first(t testing.TB, m model.Model, v wire.View, hint mechanisms.Hint) map[string]float64 {
	t.Helper()
	f := model.FactsOf(v, len(v.Trials))
	f.Hint = hint
	r, err := m.Chat(context.Background(), model.Request{Level: model.Level1, Purpose: "propose", Facts: f.JSON()})
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Changes map[string]json.RawMessage }
	if err := model.Decode(r.Text, nil, &c); err != nil {
		t.Fatalf("the reply %q does not decode: %v", r.Text, err)
	}
	out := map[string]float64{}
	for name, raw := range c.Changes {
		p := v.Space.Params[v.Space.Index(name)]
		x, err := p.Parse(strings.Trim(string(raw), `"`))
		if err != nil {
			t.Fatalf("the reply %q: %v", r.Text, err)
		}
		out[name] = x
	}
	return out
}

func TestEveryProfileProposesUsablePointsInEverySpace(t *testing.T) {
	for _, profile := range simulated.Profiles() {
		for _, space := range []mechanisms.Space{gptSpace(), otherSpace()} {
			t.Run(profile.Name+" "+space.Name, func(t *testing.T) {
				m, unanswered := newModel(t, profile.Name), 0
				for seed := range uint64(4) {
					v := view(space, seed)
					for len(v.Trials) < 25 {
						p, err := propose.Ask(context.Background(), m, propose.Input{View: v, Seq: len(v.Trials)})
						if errors.Is(err, mechanisms.ErrNoAnswer) {
							unanswered++
							add(&v, v.Trials[v.Incumbent].Point, mechanisms.NoAnswer)
							continue
						}
						if err != nil {
							t.Fatal(err)
						}
						add(&v, p.Point, mechanisms.Complete)
					}
				}
				if unanswered > 3 {
					t.Errorf("%d of 96 questions had no usable answer, want at most 3", unanswered)
				}
			})
		}
	}
}

func TestTheSameQuestionGetsTheSameAnswer(t *testing.T) {
	v := view(gptSpace(), 7)
	add(&v, v.Trials[0].Point.With(3, 16384), mechanisms.Complete)
	f := model.FactsOf(v, 2)
	ask := func(m model.Model, f model.Facts) model.Reply {
		r, err := m.Chat(context.Background(), model.Request{Purpose: "propose", Facts: f.JSON()})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := ask(newModel(t, "rut"), f), ask(newModel(t, "rut"), f)
	if a != b {
		t.Errorf("two models answer the same question with %+v and %+v", a, b)
	}
	if !a.Simulated || a.Model != "simulated (rut)" {
		t.Errorf("the reply is not marked as simulated: %+v", a)
	}
	f.Call = 1
	if c := ask(newModel(t, "rut"), f); c == a {
		t.Errorf("the second question of a decision got the answer of the first: %+v", c)
	}
}

// share counts how often test holds of the first answer over many run seeds.
func share(t *testing.T, profile string, n int, build func(seed uint64) wire.View, test func(wire.View, map[string]float64) bool) float64 {
	t.Helper()
	m, hits := newModel(t, profile), 0
	for seed := range uint64(n) {
		v := build(seed)
		if test(v, first(t, m, v, mechanisms.Hint{})) {
			hits++
		}
	}
	return float64(hits) / float64(n)
}

func near(t *testing.T, what string, got, want float64, n int) {
	t.Helper()
	// Four standard deviations of a count: a test with fixed seeds either passes always or never.
	if tolerance := 4*math.Sqrt(want*(1-want)/float64(n)) + 0.001; math.Abs(got-want) > tolerance {
		t.Errorf("%s: share %.3f, want %.3f ± %.3f", what, got, want, tolerance)
	}
}

// The rates are those of the package doc.
func TestRutHasTheHabitsThatWereCounted(t *testing.T) {
	const n = 1200
	fresh := func(seed uint64) wire.View { return view(gptSpace(), seed) }
	doubled := func(_ wire.View, c map[string]float64) bool { return c["TOTAL_BATCH_SIZE"] == 16384 }
	only := func(name string) func(wire.View, map[string]float64) bool {
		return func(_ wire.View, c map[string]float64) bool { _, ok := c[name]; return ok }
	}
	near(t, "the first proposal doubles the batch", share(t, "rut", n, fresh, doubled), 0.85+0.15*0.75*0.98*0.08/0.99, n)

	// After one discarded change of MATRIX_LR upward: 0.10 repeats it, 0.017 reverses, 0.65 of the rest stays, 0.05 of draws return.
	after := func(seed uint64) wire.View {
		v := view(gptSpace(), seed)
		t := add(&v, v.Trials[0].Point.With(7, 0.05), mechanisms.Complete)
		v.Trials[t.Seq].Kept, v.Incumbent = false, 0
		return v
	}
	weights := 0.0
	for _, w := range []float64{.01, .085, .085, .08, .01, .15, .04, .05, .07, .35, .02, .02, .03, .01, .01} {
		weights += w
	}
	drawn := 0.05 / weights
	near(t, "stays on the last parameter", share(t, "rut", n, after, only("MATRIX_LR")),
		0.10+0.9*(0.017+0.983*(0.65+0.35*(drawn+0.03*drawn))), n)
	near(t, "repeats a lone discard", share(t, "rut", n, after, func(_ wire.View, c map[string]float64) bool { return c["MATRIX_LR"] == 0.05 && len(c) == 1 }), 0.10, n)

	// Ten discards in a row: the rut.
	stuck := func(seed uint64) wire.View {
		v := view(gptSpace(), seed)
		for k := range 10 {
			t := add(&v, v.Trials[0].Point.With(9, 0.19-0.01*float64(k)), mechanisms.Complete)
			v.Trials[t.Seq].Kept = false
		}
		v.Incumbent = 0
		return v
	}
	repeated := func(v wire.View, c map[string]float64) bool {
		return len(c) == 1 && slices.ContainsFunc(v.Trials, func(t mechanisms.Trial) bool { return t.Seq > 0 && t.Point[9] == c["WEIGHT_DECAY"] })
	}
	near(t, "repeats when nothing was kept for ten trials", share(t, "rut", n, stuck, repeated), 0.95, n)
	guided := func(seed uint64) wire.View { v := stuck(seed); v.Steer.Guidance = "Be bold."; return v }
	near(t, "repeats less under guidance", share(t, "rut", n, guided, repeated), 0.95*0.3, n)
	near(t, "unbiased hardly repeats", share(t, "unbiased", n, stuck, repeated), 0.95*0.15, n)
	near(t, "unbiased draws evenly", share(t, "unbiased", n, fresh, only("ASPECT_RATIO")), 0, n)
	near(t, "unbiased draws evenly", share(t, "unbiased", n, fresh, only("ADAM_BETA2")), (1+0.03)/15.0, n)
}

func TestMicroTakesAQuarterOfTheStep(t *testing.T) {
	for seed := range uint64(40) {
		v := view(otherSpace(), seed)
		big, small := first(t, newModel(t, "rut"), v, mechanisms.Hint{Params: []string{"alpha"}}), first(t, newModel(t, "micro"), v, mechanisms.Hint{Params: []string{"alpha"}})
		ratio := math.Log(small["alpha"]/0.01) / math.Log(big["alpha"]/0.01)
		if math.Abs(ratio-0.25) > 0.06 { // values are written with three digits
			t.Errorf("seed %d: rut %v, micro %v: ratio of steps %.3f, want 0.25", seed, big, small, ratio)
		}
	}
}

func TestHintsFrozenAndGuidanceAreObeyed(t *testing.T) {
	m := newModel(t, "rut")
	for seed := range uint64(60) {
		v := view(gptSpace(), seed)
		for k := range 6 {
			add(&v, v.Trials[v.Incumbent].Point.With(5, 0.5-0.02*float64(k)), mechanisms.Complete)
		}
		inc := v.Trials[v.Incumbent].Point
		c := first(t, m, v, mechanisms.Hint{Params: []string{"WARMUP_RATIO", "MATRIX_LR"}, Direction: 1})
		for name, x := range c {
			i := v.Space.Index(name)
			if name != "WARMUP_RATIO" && name != "MATRIX_LR" || x < inc[i] {
				t.Errorf("seed %d: hint for two parameters upward, got %v", seed, c)
			}
		}
		v.Steer.Frozen = []string{"EMBEDDING_LR", "TOTAL_BATCH_SIZE", "WEIGHT_DECAY"}
		for name := range first(t, m, v, mechanisms.Hint{}) {
			if slices.Contains(v.Steer.Frozen, name) {
				t.Errorf("seed %d: changes the frozen %s", seed, name)
			}
		}
		v.Steer = mechanisms.Steering{Guidance: "Raise SCALAR_LR; do not touch DEPTH."}
		c = first(t, m, v, mechanisms.Hint{})
		if len(c) != 1 || c["SCALAR_LR"] <= inc[8] {
			t.Errorf("seed %d: guided to raise SCALAR_LR, got %v", seed, c)
		}
	}
}

func TestFromIsThePointThatIsChanged(t *testing.T) {
	v := view(otherSpace(), 3)
	from := mechanisms.Point{0.1, 0.5, 7, 64, 2}
	p, err := propose.Ask(context.Background(), newModel(t, "unbiased"), propose.Input{View: v, Seq: 1, Hint: mechanisms.Hint{From: from}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(v.Space.Changed(from, p.Point)); n < 1 || n > 3 {
		t.Errorf("proposal %v differs from the hint's point %v in %d parameters, want 1 to 3", p.Point, from, n)
	}
}

func TestUnknownProfileIsNamed(t *testing.T) {
	_, err := simulated.New("lazy")
	if err == nil || !strings.Contains(err.Error(), `"lazy"`) || !strings.Contains(err.Error(), "rut") {
		t.Errorf("got %v", err)
	}
}

func ExampleModel_Name() {
	m, _ := simulated.New("rut")
	fmt.Println(m.Name())
	// Output: simulated (rut)
}
