// Conform examines mechanisms that the simulated model wrote: the conformance kit, and how often they decide otherwise than
// greedy in short searches. Package written is put beside it by the test.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/model/simulated/testdata/conform/written"
	"github.com/seed161a02ea/bilevel/harness/propose"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
)

// A verdict is what was found of one mechanism.
type verdict struct {
	Name       string
	Findings   []mechtest.Finding
	Differs    int // proposals other than greedy's
	Of         int
	Unanswered int // questions that the model could not answer
	Error      string
}

func main() {
	var verdicts []verdict
	for _, e := range written.All {
		v := verdict{Name: e.Name, Findings: mechtest.Check(e)}
		for seed := range uint64(3) {
			if err := v.search(e, seed); err != nil {
				v.Error = err.Error()
			}
		}
		verdicts = append(verdicts, v)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// search runs 20 trials of e on a bowl, and asks greedy at every decision too.
func (d *verdict) search(e mechanisms.Entry, seed uint64) error {
	model, err := simulated.New("rut")
	if err != nil {
		return err
	}
	space := space()
	m, other := e.New(), greedy.New()
	base := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, Kept: true, By: "default"}
	base.BPB = bowl(space, base.Point)
	v := wire.View{RunSeed: seed, Space: space, Trials: []mechanisms.Trial{base}, Parallel: 1, Limit: 20}
	m.Observe(base)
	for seq := 1; seq <= 20; seq++ {
		view := func(method string) mechanisms.View {
			call := -1
			return mechanisms.View{
				Seq: seq, Last: v.Limit, Space: space, Incumbent: v.Trials[v.Incumbent], Trials: v.Trials, Rand: mechanisms.Stream(seed, seq, method),
				Suggest: func(ctx context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
					call++
					return propose.Ask(ctx, model, propose.Input{View: v, Seq: seq, Call: call, Hint: h})
				},
			}
		}
		p, err := m.Propose(context.Background(), view("propose"))
		if err != nil && !errors.Is(err, mechanisms.ErrNoAnswer) {
			return fmt.Errorf("seed %d: trial %d: %w", seed, seq, err)
		}
		if q, err := other.Propose(context.Background(), view("propose")); err == nil {
			d.Of++
			if !p.Point.Equal(q.Point) {
				d.Differs++
			}
		}
		t := mechanisms.Trial{Seq: seq, Point: p.Point, Status: mechanisms.NoAnswer, BPB: math.NaN(), By: e.Name, Why: p.Why}
		if err != nil {
			d.Unanswered++
		} else {
			t.Status, t.BPB = mechanisms.Complete, bowl(space, p.Point)
			t.Kept = m.Accept(view("accept"), t)
		}
		m.Observe(t)
		if v.Trials = append(v.Trials, t); t.Kept {
			v.Incumbent = seq
		}
	}
	return nil
}

func space() mechanisms.Space {
	return mechanisms.Space{Name: "small", Params: []mechanisms.Param{
		{Name: "MATRIX_LR", Kind: mechanisms.Float, Min: 0.005, Max: 0.2, Default: 0.04, Log: true},
		{Name: "WEIGHT_DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
		{Name: "TOTAL_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 1024, Max: 65536, Default: 16384},
		{Name: "DEPTH", Kind: mechanisms.Int, Min: 1, Max: 8, Default: 2},
		{Name: "WINDOW_PATTERN", Kind: mechanisms.Choice, Max: 2, Choices: []string{"SSSL", "SSLL", "LLLL"}},
		{Name: "SCALAR_LR", Kind: mechanisms.Float, Min: 0.05, Max: 2, Default: 0.5, Log: true},
	}}
}

// bowl has its best point at 0.65 of every range.
func bowl(s mechanisms.Space, p mechanisms.Point) float64 {
	v := 2.0
	for i, q := range s.Params {
		d := q.Unit01(p[i]) - 0.65
		v += 0.1 * d * d
	}
	return v
}
