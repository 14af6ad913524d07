package mechtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A good mechanism that the broken ones below spoil in one place each. Its state is what a mechanism usually keeps: a point, a number, a list, a map.
type good struct {
	Best   mechanisms.Point
	Told   int
	Gains  []float64
	Counts map[string]int
}

func (m *good) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	if v.Seq%2 == 0 {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	free := v.Free()
	p, _ := v.Fresh(300, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.3) })
	return mechanisms.Proposal{Point: p}, nil
}

func (m *good) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *good) Observe(t mechanisms.Trial) {
	m.Told++
	if m.Counts == nil {
		m.Counts = map[string]int{}
	}
	m.Counts[string(t.Status)]++
	if t.Kept {
		m.Best, m.Gains = t.Point.Clone(), append(m.Gains, t.BPB)
	}
}

func TestGoodMechanismHasNoFindings(t *testing.T) {
	Run(t, entryOf(func() mechanisms.Mechanism { return &good{} }))
}

func entryOf(New func() mechanisms.Mechanism) mechanisms.Entry {
	return mechanisms.Entry{Name: "specimen", Doc: "a specimen", New: New}
}

// broken is good with any of its methods replaced.
type broken struct {
	good
	propose func(m *good, ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error)
	accept  func(m *good, v mechanisms.View, t mechanisms.Trial) bool
	observe func(m *good, t mechanisms.Trial)
	prune   func(m *good, v mechanisms.View, p mechanisms.Proposal, c []mechanisms.Sample) bool
}

// MarshalJSON and UnmarshalJSON make the functions no part of the state.
func (b *broken) MarshalJSON() ([]byte, error)    { return json.Marshal(b.good) }
func (b *broken) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &b.good) }

func (b *broken) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	if b.propose != nil {
		return b.propose(&b.good, ctx, v)
	}
	return b.good.Propose(ctx, v)
}

func (b *broken) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if b.accept != nil {
		return b.accept(&b.good, v, t)
	}
	return b.good.Accept(v, t)
}

func (b *broken) Observe(t mechanisms.Trial) {
	if b.observe != nil {
		b.observe(&b.good, t)
		return
	}
	b.good.Observe(t)
}

func (b *broken) Prune(v mechanisms.View, p mechanisms.Proposal, c []mechanisms.Sample) bool {
	return b.prune != nil && b.prune(&b.good, v, p, c)
}

type (
	view     = mechanisms.View
	trial    = mechanisms.Trial
	proposal = mechanisms.Proposal
	point    = mechanisms.Point
)

var calls int // what a mechanism must not have: state outside itself

// specimens break the contract in one way each; every check must catch at least one, in words that hold the given ones.
var specimens = []struct {
	name, check, words string
	broken             broken
}{
	{"proposal outside the range", "point", "v.Allows", broken{propose: func(m *good, _ context.Context, v view) (proposal, error) {
		return proposal{Point: v.Incumbent.Point.With(0, 1e9)}, nil
	}}},
	{"proposal of the wrong length", "point", "has 2 values", broken{propose: func(m *good, _ context.Context, v view) (proposal, error) {
		return proposal{Point: point{1, 2}}, nil
	}}},
	{"proposal that breaks a constraint", "point", "micro-batches", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		if i := v.Space.Index("DEVICE_BATCH_SIZE"); i >= 0 && len(v.Steer.Frozen) == 0 {
			return proposal{Point: v.Space.Default().With(i, 32).With(i-1, 1024)}, nil
		}
		return m.Propose(ctx, v)
	}}},
	{"proposal of NaN", "point", "NaN", broken{propose: func(m *good, _ context.Context, v view) (proposal, error) {
		return proposal{Point: v.Incumbent.Point.With(0, math.NaN())}, nil
	}}},
	{"frozen parameter changed", "frozen", "v.Free()", broken{propose: func(m *good, _ context.Context, v view) (proposal, error) {
		p, _ := v.Fresh(1, func() point { return v.Incumbent.Point })
		for i := range p {
			if q := v.Nudge(p, i, 0.2); v.Space.Check(q) == nil && !v.Tried(q) {
				return proposal{Point: q}, nil
			}
		}
		return proposal{Point: p}, nil
	}}},
	{"learning in Propose", "pure", "only Observe", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		m.Told++
		return m.Propose(ctx, v)
	}}},
	{"learning in Accept", "pure", "only Observe", broken{accept: func(m *good, v view, t trial) bool {
		m.Gains = append(m.Gains, 1)
		return m.Accept(v, t)
	}}},
	{"learning in Prune", "pure", "only Observe", broken{prune: func(m *good, v view, _ proposal, c []mechanisms.Sample) bool {
		m.Told++
		return false
	}}},
	{"sorting the view's trials", "pure", "view.Trials", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		slices.SortFunc(v.Trials, func(a, b trial) int { return b.Seq - a.Seq })
		return m.Propose(ctx, v)
	}}},
	{"writing to the incumbent's point", "pure", "view.Incumbent", broken{accept: func(m *good, v view, t trial) bool {
		v.Incumbent.Point[0] = 1
		return m.Accept(v, t)
	}}},
	{"writing to the observed point", "trial", "clone", broken{observe: func(m *good, t trial) {
		if len(t.Point) > 0 {
			t.Point[0]++
		}
	}}},
	{"global random source", "repeatable", "v.Rand", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		v.Rand = rand.New(rand.NewPCG(rand.Uint64(), 1))
		v.Seq = 1
		return m.Propose(ctx, v)
	}}},
	{"map order", "repeatable", "map", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		free := map[string]bool{}
		for _, i := range v.Free() {
			free[v.Space.Params[i].Name] = true
		}
		for name := range free {
			return v.Ask(ctx, mechanisms.Hint{Params: []string{name}})
		}
		return m.Propose(ctx, v)
	}}},
	{"package variable", "shared", "package variables", broken{observe: func(m *good, t trial) {
		calls++
		m.Observe(t)
	}, propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		p, err := m.Propose(ctx, v)
		p.Why = fmt.Sprint(calls)
		return p, err
	}}},
	{"NaN in the state", "state", "NaN and infinities", broken{observe: func(m *good, t trial) {
		m.Gains = append(m.Gains, t.BPB)
	}}},
	{"panic on a trial without a point", "panic", "mechtest_test.go", broken{observe: func(m *good, t trial) {
		m.Told += int(t.Point[1])
	}}},
	{"panic in Accept by asking the model", "panic", "Accept", broken{accept: func(m *good, v view, t trial) bool {
		_, err := v.Suggest(context.Background(), mechanisms.Hint{})
		return err == nil
	}}},
	{"giving up", "error", "wrap", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		p, err := m.Propose(ctx, v)
		if v.Tried(p.Point) || err != nil {
			return p, errors.New("nothing left")
		}
		return p, nil
	}}},
	{"the same point again", "repeats", "v.Tried", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		return proposal{Point: v.Incumbent.Point.Clone()}, nil
	}}},
	{"the same point side by side", "repeats", "v.Fresh", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		free := v.Free()
		i := free[len(v.Trials)%len(free)]
		v.Rand = mechanisms.Stream(1, len(v.Trials), "blind to what is pending")
		v.Pending = nil
		p, _ := v.Fresh(300, func() point { return v.Nudge(v.Incumbent.Point, i, 0.3) })
		return proposal{Point: p}, nil
	}}},
	{"keeping what is worse", "accept", "Uphill", broken{accept: func(m *good, v view, t trial) bool { return t.OK() }}},
	{"keeping nothing", "accept", "large improvement", broken{accept: func(m *good, v view, t trial) bool { return false }}},
	{"asking without end", "asks", "at most 8", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		for range 50 {
			if p, err := v.Ask(ctx, mechanisms.Hint{}); err == nil && v.Tried(p.Point) {
				return p, nil
			}
		}
		return m.Propose(ctx, v)
	}}},
	{"hiding that the model gave no answer", "answer", "no answer", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		for range 2 { // to ask again is no remedy where every call errs
			if p, err := v.Ask(ctx, mechanisms.Hint{}); err == nil {
				return p, nil
			}
		}
		p, _ := v.Fresh(300, v.Uniform)
		return proposal{Point: p, Why: "the model's choice, at random"}, nil
	}}},
	{"hint that talks too much", "hint", "at most 500", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		return v.Ask(ctx, mechanisms.Hint{Text: strings.Repeat("try harder ", 60)})
	}}},
	{"hint of frozen parameters", "hint", "all frozen", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		if p, err := v.Ask(ctx, mechanisms.Hint{Params: []string{v.Space.Params[0].Name}}); err == nil {
			return p, nil
		}
		return m.Propose(ctx, v)
	}}},
	{"hint of an unknown parameter", "hint", "names of the space", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		if p, err := v.Ask(ctx, mechanisms.Hint{Params: []string{"LEARNING_RATE"}}); err == nil {
			return p, nil
		}
		return m.Propose(ctx, v)
	}}},
	{"blind to what level 1.5 froze", "frozen", "every five trials", broken{propose: func(m *good, ctx context.Context, v view) (proposal, error) {
		if len(v.Steer.Frozen) < 8 {
			v.Steer.Frozen = nil
		}
		free := v.Free()
		p, _ := v.Fresh(300, func() point { return v.Nudge(v.Incumbent.Point, free[v.Rand.IntN(len(free))], 0.3) })
		return proposal{Point: p}, nil
	}}},
	{"pruning the leader", "prune", "0.4 times", broken{prune: func(m *good, v view, _ proposal, c []mechanisms.Sample) bool { return len(c) > 1 }}},
	{"pruning with no curve", "prune", "empty curve", broken{prune: func(m *good, v view, _ proposal, c []mechanisms.Sample) bool { return len(c) == 0 }}},
}

func TestEachCheckCatchesWhatBreaksIt(t *testing.T) {
	caught := map[string]bool{}
	for _, s := range specimens {
		t.Run(s.name, func(t *testing.T) {
			wantFinding(t, entryOf(func() mechanisms.Mechanism { b := s.broken; return &b }), s.check, s.words)
		})
		caught[s.check] = true
	}
	t.Run("learning only when asked", func(t *testing.T) {
		wantFinding(t, entryOf(func() mechanisms.Mechanism { return &forgetful{} }), "reload", "exported fields")
	})
	t.Run("learning in Propose behind the state", func(t *testing.T) {
		wantFinding(t, entryOf(func() mechanisms.Mechanism { return &learner{} }), "replay", "Observe alone")
	})
	caught["reload"], caught["replay"] = true, true
	for _, c := range checks {
		if !caught[c.name] {
			t.Errorf("no specimen breaks check %q", c.name)
		}
	}
}

// wantFinding looks through the scenarios until one brings out the finding: most faults show in the first.
func wantFinding(t *testing.T, e mechanisms.Entry, check, words string) {
	t.Helper()
	if message := entry(e); message != "" {
		if check != "entry" || !strings.Contains(message, words) {
			t.Errorf("found entry: %s; want check %q to say %q", message, check, words)
		}
		return
	}
	var got []string
	for _, s := range scenarios() {
		rec := live(e, s)
		for _, c := range checks {
			message := first(c, []*record{rec})
			if c.name == check && strings.Contains(message, words) {
				return
			}
			if message != "" {
				got = append(got, c.name+": "+message)
			}
		}
	}
	t.Errorf("want a finding of check %q that says %q, got %d findings:\n%s", check, words, len(got), strings.Join(got, "\n"))
}

func TestCheckReportsOneFindingPerFault(t *testing.T) {
	e := entryOf(func() mechanisms.Mechanism {
		return &broken{propose: specimens[0].broken.propose, accept: func(m *good, v view, t trial) bool { return t.OK() }}
	})
	var names []string
	for _, f := range Check(e) {
		names = append(names, f.Check)
	}
	if !slices.Equal(names, []string{"point"}) {
		t.Errorf("a mechanism that only proposes outside the space has findings %v, want point alone: no trial came to Accept", names)
	}
	if got := Names(); len(got) != len(checks)+1 {
		t.Errorf("Names lists %d checks, want %d", len(got), len(checks)+1)
	}
}

// forgetful keeps what it was told in a field whose JSON leaves it out.
type forgetful struct{ good }

func (m *forgetful) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }
func (m *forgetful) UnmarshalJSON([]byte) error   { return nil }
func (m *forgetful) Accept(v view, t trial) bool {
	return m.good.Accept(v, t) && m.Told%2 == 0 || t.BPB < 1
}
func (m *forgetful) Observe(t trial) { m.good.Observe(t) }
func (m *forgetful) Propose(ctx context.Context, v view) (proposal, error) {
	p, err := m.good.Propose(ctx, v)
	p.Why = fmt.Sprint(m.Told)
	return p, err
}

// learner adds up what it proposed, which a mechanism that takes over never hears of.
type learner struct{ good }

func (m *learner) Propose(ctx context.Context, v view) (proposal, error) {
	m.Told += 100
	return m.good.Propose(ctx, v)
}

func TestShapesThatCannotBeDriven(t *testing.T) {
	type hidden struct {
		good
		seen int
	}
	type tagged struct {
		good
		Seen int `json:"-"`
	}
	type callback struct {
		good
		Score func(float64) float64
	}
	type keyed struct {
		good
		Seen map[float64]int
	}
	type source struct {
		good
		Rand *rand.Rand
	}
	var none *good
	for name, c := range map[string]struct {
		New   func() mechanisms.Mechanism
		words string
	}{
		"nil":              {func() mechanisms.Mechanism { return none }, "pointer"},
		"panic":            {func() mechanisms.Mechanism { panic("no") }, "New panicked"},
		"unexported field": {func() mechanisms.Mechanism { return &hidden{seen: 1} }, "capital letter"},
		"field left out":   {func() mechanisms.Mechanism { return &tagged{} }, "remove the tag"},
		"function":         {func() mechanisms.Mechanism { return &callback{} }, "JSON cannot keep"},
		"map of floats":    {func() mechanisms.Mechanism { return &keyed{} }, "keyed by float64"},
		"random source":    {func() mechanisms.Mechanism { return &source{} }, "not exported"},
		"history at birth": {func() mechanisms.Mechanism { calls++; return &good{Told: calls} }, "no history"},
	} {
		t.Run(name, func(t *testing.T) { wantFinding(t, entryOf(c.New), "entry", c.words) })
	}
}

// uphill accepts everything and says so.
type uphill struct{ good }

func (*uphill) Accept(view, trial) bool { return true }
func (*uphill) Uphill() string          { return "a random walk" }

// frank proposes where the model does not, and says so.
type frank struct{ good }

func (m *frank) Propose(ctx context.Context, v view) (proposal, error) {
	if p, err := m.good.Propose(ctx, v); err == nil {
		return p, nil
	}
	p, _ := v.Fresh(300, v.Uniform)
	return proposal{Point: p, Why: "The model gave no answer; a random point"}, nil
}

func TestWhoSaysSoMayProposeInsteadOfTheModel(t *testing.T) {
	Run(t, entryOf(func() mechanisms.Mechanism { return &frank{} }))
}

func TestUphillMayAcceptWorse(t *testing.T) {
	Run(t, entryOf(func() mechanisms.Mechanism { return &uphill{} }))
}
