package surfaces

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// A Proposer plays the language model: standin.Suggest or standin.Rut.
type Proposer func(v mechanisms.View, seed uint64) mechanisms.Suggest

var (
	_ Proposer = standin.Suggest
	_ Proposer = standin.Rut
)

// A Run is what came of one search.
type Run struct {
	Trials     []mechanisms.Trial
	Regret     []float64     // of the incumbent, noise-free, when the k-th trial's worth of budget was spent; 0 is the baseline
	Decisions  int           // points proposed
	Differs    int           // of these, where greedy on the same view and streams proposed another point or decided otherwise
	Duplicates int           // points that had been tried before
	Asks       int           // calls of the proposer
	Failures   int           // trials without a value, pruned ones aside
	Elapsed    time.Duration // spent in the mechanism, its calls of the proposer included
}

// Search runs mechanism e on s for a budget of that many whole trials, one at a time or several side by side. A pruned
// trial costs the share of the budget it used. An error of the mechanism ends the search.
func Search(e mechanisms.Entry, s *Surface, ask Proposer, seed uint64, trials, parallel int) (Run, error) {
	d := drive{e: e, s: s, ask: ask, seed: seed, compare: true}
	return d.search(trials, parallel)
}

func (d *drive) search(trials, parallel int) (Run, error) {
	e, s := d.e, d.s
	base := s.Train(s.Space.Default())
	if !base.OK() {
		return Run{}, fmt.Errorf("surface %s, seed %d: the default point ends %s, want it complete", s.Name, s.seed, base.Status)
	}
	base.Kept, base.By = true, "default"
	d.m, d.view = e.New(), mechanisms.View{Last: trials, Space: s.Space, Noise: s.Noise}
	d.observe(base)
	d.run.Regret = []float64{s.Regret(base.Point)}
	for spent := 0.0; ; {
		// A search that prunes everything must end all the same.
		for len(d.view.Pending) < parallel && spent+float64(len(d.view.Pending)) < float64(trials) && d.run.Decisions < 8*trials {
			if err := d.propose(); err != nil {
				return d.run, fmt.Errorf("mechanism %s on %s: %w", e.Name, s.Name, err)
			}
		}
		if len(d.view.Pending) == 0 {
			return d.run, nil
		}
		spent += d.finish()
		for len(d.run.Regret) <= trials && float64(len(d.run.Regret)) <= spent+1e-9 {
			d.run.Regret = append(d.run.Regret, s.Regret(d.view.Incumbent.Point))
		}
	}
}

// A drive is a search under way.
type drive struct {
	e    mechanisms.Entry
	s    *Surface
	ask  Proposer
	seed uint64
	m    mechanisms.Mechanism
	view mechanisms.View // as the next decision sees it, without streams
	run  Run
	next int // Seq of the next proposal

	compare bool // greedy is asked beside it, to count Differs
}

// at is the view of one call, as the loop makes it: streams by seed, trial and method.
func (d *drive) at(seq int, method string) mechanisms.View {
	v := d.view
	v.Seq, v.Rand = seq, mechanisms.Stream(d.seed, seq, method)
	if method == "propose" {
		v.Suggest = d.ask(v, d.seed)
	}
	return v
}

func (d *drive) propose() error {
	v := d.at(d.next, "propose")
	answer := v.Suggest
	v.Suggest = func(ctx context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		d.run.Asks++
		return answer(ctx, h)
	}
	begin := time.Now()
	p, err := d.m.Propose(context.Background(), v)
	d.run.Elapsed += time.Since(begin)
	if errors.Is(err, mechanisms.ErrNoAnswer) {
		p, err = mechanisms.Proposal{Point: d.view.Incumbent.Point}, nil // costs the trial, as in a run
	}
	if err == nil {
		err = d.view.Allows(p.Point)
	}
	if err != nil {
		return fmt.Errorf("propose trial %d: %w", d.next, err)
	}
	d.run.Decisions++
	if d.view.Tried(p.Point) {
		d.run.Duplicates++
	}
	if d.compare {
		if q, err := greedy.New().Propose(context.Background(), d.at(d.next, "propose")); err != nil || !q.Point.Equal(p.Point) {
			d.run.Differs++
		}
	}
	if p.Seq = d.next; p.By == "" {
		p.By = d.e.Name
	}
	d.view.Pending = append(d.view.Pending[:len(d.view.Pending):len(d.view.Pending)], p)
	d.next++
	return nil
}

// finish ends the oldest trial and returns the share of a trial's budget that it cost.
func (d *drive) finish() float64 {
	p := d.view.Pending[0]
	d.view.Pending = d.view.Pending[1:]
	t := d.s.Train(p.Point)
	t.Seq, t.By, t.Why = p.Seq, p.By, p.Why
	cost := 1.0
	if pruner, ok := d.m.(mechanisms.Pruner); ok {
		for k, c := range t.Curve {
			if pruner.Prune(d.at(p.Seq, "prune"), p, t.Curve[:k+1]) {
				t.Status, t.BPB, t.Curve, cost = mechanisms.Pruned, math.NaN(), t.Curve[:k+1], c.Fraction
				break
			}
		}
	}
	if t.OK() {
		begin := time.Now()
		t.Kept = d.m.Accept(d.at(p.Seq, "accept"), t)
		d.run.Elapsed += time.Since(begin)
		if t.Kept != t.Better(d.view.Incumbent) {
			d.run.Differs++
		}
	} else if t.Status != mechanisms.Pruned {
		d.run.Failures++
	}
	d.observe(t)
	return cost
}

func (d *drive) observe(t mechanisms.Trial) {
	begin := time.Now()
	d.m.Observe(t)
	d.run.Elapsed += time.Since(begin)
	d.run.Trials = append(d.run.Trials, t)
	d.view.Trials = d.run.Trials[:len(d.run.Trials):len(d.run.Trials)]
	if t.Kept {
		d.view.Incumbent = t
	}
	d.next = max(d.next, t.Seq+1)
}
