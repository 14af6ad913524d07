package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

func entry(t *testing.T, name string) mechanisms.Entry {
	t.Helper()
	e, err := catalog.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEveryTrialIsProposedDecidedAndObservedInOrder(t *testing.T) {
	for _, parallel := range []int{1, 3} {
		f := newFake(t, 20, parallel)
		if _, err := f.serve(entry(t, "bandit"), mechanisms.Entry{}, nil); err != nil {
			t.Fatal(err)
		}
		if len(f.decides) != 21 || len(f.starts) != 21 {
			t.Fatalf("parallel %d: %d proposals and %d decisions, want 21 of each", parallel, len(f.starts), len(f.decides))
		}
		for i := range f.decides {
			if f.starts[i].Proposal.Seq != i || f.decides[i].Seq != i {
				t.Fatalf("parallel %d: at place %d proposal %d and decision %d", parallel, i, f.starts[i].Proposal.Seq, f.decides[i].Seq)
			}
		}
		if f.most != parallel {
			t.Errorf("%d trials in training at a time, want %d", f.most, parallel)
		}
	}
}

// A run cut at any place and resumed from the record goes on exactly as one that was never cut.
func TestResumesAnywhereWithTheSameTrace(t *testing.T) {
	for _, parallel := range []int{1, 3} {
		whole := newFake(t, 16, parallel)
		if _, err := whole.serve(entry(t, "bandit"), entry(t, "greedy"), nil); err != nil {
			t.Fatal(err)
		}
		for cut := 1; cut <= 16; cut++ {
			f := newFake(t, 16, parallel)
			f.execAt = cut
			exec, err := f.serve(entry(t, "bandit"), entry(t, "greedy"), nil)
			if err != nil || exec == nil || exec.Path != "/fresh" {
				t.Fatalf("cut before %d: got order %v, error %v", cut, exec, err)
			}
			f.execAt = 0
			before := asJSON(t, f.view)
			var state []byte
			if n := len(f.decides); n > 0 && cut%2 == 0 { // odd cuts resume by replaying the history
				state = f.decides[n-1].State
			}
			if _, err := f.serve(entry(t, "bandit"), entry(t, "greedy"), state); err != nil {
				t.Fatal(err)
			}
			if after := asJSON(t, f.welcome.View); after != before {
				t.Fatalf("cut before %d: view before %s, after %s", cut, before, after)
			}
			if f.trace() != whole.trace() {
				t.Errorf("parallel %d, cut before %d: trace\n%swant\n%s", parallel, cut, f.trace(), whole.trace())
			}
		}
	}
}

// The mechanism in charge behaves the same whether another is asked beside it or not.
func TestAskingTheReplacedMechanismChangesNothing(t *testing.T) {
	alone, beside := newFake(t, 20, 1), newFake(t, 20, 1)
	if _, err := alone.serve(entry(t, "foldover"), mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := beside.serve(entry(t, "foldover"), entry(t, "greedy"), nil); err != nil {
		t.Fatal(err)
	}
	if alone.trace() != beside.trace() {
		t.Errorf("trace beside greedy\n%swant as alone\n%s", beside.trace(), alone.trace())
	}
	differ := 0
	for _, s := range beside.starts[1:] {
		if s.Shadow == nil {
			t.Fatalf("proposal %d has no counterpart", s.Proposal.Seq)
		}
		if !s.Shadow.Point.Equal(s.Proposal.Point) {
			differ++
		}
	}
	if differ == 0 || differ == len(beside.starts)-1 {
		t.Errorf("foldover differed from greedy in %d of %d proposals, want some and not all", differ, len(beside.starts)-1)
	}
}

func TestPlaceboNeverDiffersFromGreedy(t *testing.T) {
	f := newFake(t, 20, 2)
	if _, err := f.serve(entry(t, "placebo"), entry(t, "greedy"), nil); err != nil {
		t.Fatal(err)
	}
	for i, s := range f.starts[1:] {
		if !s.Shadow.Point.Equal(s.Proposal.Point) {
			t.Errorf("proposal %d: %v, greedy %v", s.Proposal.Seq, s.Proposal.Point, s.Shadow.Point)
		}
		if d := f.decides[i+1]; d.ShadowKept != nil && *d.ShadowKept != d.Kept {
			t.Errorf("trial %d: kept %v, greedy %v", d.Seq, d.Kept, *d.ShadowKept)
		}
	}
}

// broken is a mechanism made of functions, each of which may break the contract.
type broken struct {
	Count   int `json:"count"`
	propose func(*broken, mechanisms.View) (mechanisms.Proposal, error)
	accept  func(*broken) bool
	observe func(*broken, mechanisms.Trial)
}

func (b *broken) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	if b.propose != nil {
		return b.propose(b, v)
	}
	return mechanisms.Proposal{Point: v.Incumbent.Point.Clone()}, nil
}

func (b *broken) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if b.accept != nil {
		return b.accept(b)
	}
	return t.Better(v.Incumbent)
}

func (b *broken) Observe(t mechanisms.Trial) {
	if b.observe != nil {
		b.observe(b, t)
	}
}

func TestAFaultNamesTheCallAndStopsTheSession(t *testing.T) {
	propose := func(f func(*broken, mechanisms.View) (mechanisms.Proposal, error)) broken { return broken{propose: f} }
	for _, c := range []struct {
		name, call, says string
		b                broken
	}{
		{"panic", "Propose", "index out of range", propose(func(_ *broken, v mechanisms.View) (mechanisms.Proposal, error) {
			return mechanisms.Proposal{Point: mechanisms.Point{v.Incumbent.Point[len(v.Incumbent.Point)]}}, nil
		})},
		{"error", "Propose", "tired", propose(func(*broken, mechanisms.View) (mechanisms.Proposal, error) {
			return mechanisms.Proposal{}, errors.New("tired")
		})},
		{"no point", "Propose", "point has 0 values, want 5", propose(func(*broken, mechanisms.View) (mechanisms.Proposal, error) {
			return mechanisms.Proposal{}, nil
		})},
		{"outside", "Propose", "RATE = 7, want a number from 0.001 to 1", propose(func(_ *broken, v mechanisms.View) (mechanisms.Proposal, error) {
			return mechanisms.Proposal{Point: v.Incumbent.Point.With(0, 7)}, nil
		})},
		{"frozen", "Propose", "proposal changes DECAY, which is frozen", propose(func(_ *broken, v mechanisms.View) (mechanisms.Proposal, error) {
			return mechanisms.Proposal{Point: v.Incumbent.Point.With(4, 0.9)}, nil
		})},
		{"state in Propose", "Propose", "changed the mechanism's state", propose(func(b *broken, v mechanisms.View) (mechanisms.Proposal, error) {
			b.Count++
			return mechanisms.Proposal{Point: v.Incumbent.Point}, nil
		})},
		{"state in Accept", "Accept", "changed the mechanism's state", broken{accept: func(b *broken) bool { b.Count++; return true }}},
		{"panic in Accept", "Accept", "panic: no", broken{accept: func(*broken) bool { panic("no") }}},
		{"panic in Observe", "Observe", "panic: no", broken{observe: func(*broken, mechanisms.Trial) { panic("no") }}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, 5, 1)
			f.steer = func(int) mechanisms.Steering { return mechanisms.Steering{Frozen: []string{"DECAY"}} }
			_, err := f.serve(mechanisms.Entry{Name: "broken", New: func() mechanisms.Mechanism { b := c.b; return &b }}, mechanisms.Entry{}, nil)
			if err == nil || len(f.faults) != 1 {
				t.Fatalf("error %v, faults %v; want an error and one fault", err, f.faults)
			}
			if got := f.faults[0]; got.Call != c.call || !strings.Contains(got.Error, c.says) {
				t.Errorf("fault %+v, want call %s and words %q", got, c.call, c.says)
			}
		})
	}
}

// What a mechanism does to its view reaches neither the other mechanism nor the run.
func TestAViewIsACopy(t *testing.T) {
	vandal := broken{propose: func(_ *broken, v mechanisms.View) (mechanisms.Proposal, error) {
		p := v.Incumbent.Point.Clone()
		for i := range v.Trials {
			v.Trials[i].Point[0], v.Trials[i].BPB = 0.5, 0
		}
		v.Space.Params[0].Max, v.Incumbent.Point[1] = 99, 16
		return mechanisms.Proposal{Point: p}, nil
	}}
	f := newFake(t, 4, 1)
	if _, err := f.serve(mechanisms.Entry{Name: "vandal", New: func() mechanisms.Mechanism { b := vandal; return &b }}, mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range f.starts {
		if !s.Proposal.Point.Equal(testSpace.Default()) {
			t.Errorf("trial %d is %v, want the default %v: the mechanism's changes to its view came through", s.Proposal.Seq, s.Proposal.Point, testSpace.Default())
		}
	}
}

// A mechanism is told when the run ends, so that it need not begin what it cannot finish.
func TestAMechanismKnowsTheLastTrial(t *testing.T) {
	f := newFake(t, 4, 2)
	counts := broken{propose: func(_ *broken, v mechanisms.View) (mechanisms.Proposal, error) {
		return mechanisms.Proposal{Point: v.Incumbent.Point, Why: fmt.Sprint(v.Last-v.Seq, " come after this")}, nil
	}}
	if _, err := f.serve(mechanisms.Entry{Name: "counts", New: func() mechanisms.Mechanism { b := counts; return &b }}, mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	for i, s := range f.starts[1:] {
		if want := fmt.Sprint(3-i, " come after this"); s.Proposal.Why != want {
			t.Errorf("trial %d: %q, want %q", s.Proposal.Seq, s.Proposal.Why, want)
		}
	}
}

func TestAModelWithoutAnAnswerCostsOneTrial(t *testing.T) {
	f := newFake(t, 3, 1)
	shy := broken{propose: func(_ *broken, v mechanisms.View) (mechanisms.Proposal, error) {
		return v.Suggest(context.Background(), mechanisms.Hint{Params: []string{"NOBODY"}})
	}}
	if _, err := f.serve(mechanisms.Entry{Name: "shy", New: func() mechanisms.Mechanism { b := shy; return &b }}, mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range f.starts[1:] {
		if s.Status != mechanisms.NoAnswer || !strings.Contains(s.Reason, "NOBODY") {
			t.Errorf("trial %d has status %q and reason %q, want no-answer with the model's words", s.Proposal.Seq, s.Status, s.Reason)
		}
	}
}

// pruner stops every trial at half its budget.
type pruner struct{ broken }

func (*pruner) Prune(_ mechanisms.View, _ mechanisms.Proposal, curve []mechanisms.Sample) bool {
	return curve[len(curve)-1].Fraction >= 0.5
}

func TestAPrunerStopsATrialAtTheSamePlaceHoweverFastItIs(t *testing.T) {
	f := newFake(t, 3, 1)
	if _, err := f.serve(mechanisms.Entry{Name: "pruner", New: func() mechanisms.Mechanism { return &pruner{} }}, mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	want := []wire.Prune{{Seq: 1, At: 0.5}, {Seq: 2, At: 0.5}, {Seq: 3, At: 0.5}}
	if asJSON(t, f.prunes) != asJSON(t, want) {
		t.Errorf("prunes %v, want %v: the baseline never, the others at half", f.prunes, want)
	}
}

func TestRehearsalFindsInfluenceAndItsAbsence(t *testing.T) {
	f := newFake(t, 12, 1)
	if _, err := f.serve(entry(t, "greedy"), mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		inert bool
	}{{"placebo", true}, {"foldover", false}, {"tabu", false}, {"coordinate", false}} {
		var out strings.Builder
		in := strings.NewReader(asJSON(t, wire.Welcome{View: f.view}))
		if err := rehearse(entry(t, c.name), entry(t, "greedy"), in, &out); err != nil {
			t.Fatal(err)
		}
		r := mustRehearsal(t, out.String())
		if r.Error != "" || r.Decisions < 40 || (r.Differs == 0) != c.inert {
			t.Errorf("%s beside greedy: error %q, %d of %d decisions differ; want inert %v", c.name, r.Error, r.Differs, r.Decisions, c.inert)
		}
	}
}

func TestBenchMeasuresBothMechanismsOnTheSameInstances(t *testing.T) {
	const order = `{"families":["steplaw"],"proposer":"rut","seeds":[5,6]}`
	var out, errs bytes.Buffer
	if code := Main([]Selection{{entry(t, "foldover"), entry(t, "greedy")}}, []string{"bench"}, strings.NewReader(order), &out, &errs); code != ExitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var got Benchmark
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var alone surfaces.Order
	if err := json.Unmarshal([]byte(order), &alone); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Measurement{&got.Current, got.Shadow} {
		want, err := alone.Measure(entry(t, m.Name))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.Figures[0].Regrets, want[0].Regrets) {
			t.Errorf("%s: regrets %v, want %v", m.Name, m.Figures[0].Regrets, want[0].Regrets)
		}
	}
	if code := Main([]Selection{{Current: entry(t, "greedy")}}, []string{"bench"}, strings.NewReader("x"), &out, &errs); code != ExitFailed {
		t.Errorf("an order that is no JSON ended with %d, want %d", code, ExitFailed)
	}
}
