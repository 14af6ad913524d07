// Package tpe is the tree-structured Parzen estimator: it models where the good trials lie and where the others do, one
// parameter at a time, and proposes the point that is likeliest under the first relative to the second (Bergstra et al. 2011).
package tpe

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

const (
	startup    = 8   // trials before the models are used; the first are drawn at random
	share      = 0.2 // of the trials that count as good
	candidates = 24  // drawn from the good model for each parameter, as in the authors' program
	prior      = 1.0 // weight of the uniform prior, in trials
)

// TPE has no state: the trials are in the view.
type TPE struct{}

// New returns a TPE.
func New() *TPE { return &TPE{} }

// Propose draws candidates parameter by parameter and joins the best of each.
func (*TPE) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	good, bad := split(v)
	if len(good)+len(bad) < startup {
		p, _ := v.Fresh(200, v.Uniform)
		return mechanisms.Proposal{Point: p, Why: "drawn at random, before there are enough trials to model"}, nil
	}
	p, fresh := v.Fresh(20, func() mechanisms.Point {
		p := v.Incumbent.Point.Clone()
		for _, i := range v.Free() {
			p[i] = pick(v, v.Space.Params[i], column(good, i), column(bad, i))
		}
		return p
	})
	if !fresh { // the models are sure of points that were tried, as they become where values are few
		p, _ = v.Fresh(200, v.Uniform)
		return mechanisms.Proposal{Point: p, Why: "drawn at random: what is likeliest has been tried"}, nil
	}
	return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("likeliest among the best %d of %d trials relative to the others", len(good), len(good)+len(bad))}, nil
}

// Accept keeps what is better.
func (*TPE) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*TPE) Observe(mechanisms.Trial) {}

// split returns the points of the best trials and of the others. A trial without a value is one of the others, and so is
// one that is being trained: its neighbourhood needs no second trial now.
func split(v mechanisms.View) (good, bad []mechanisms.Point) {
	var done []mechanisms.Trial
	for _, t := range v.Trials {
		switch {
		case v.Space.Inside(t.Point) != nil:
		case t.OK():
			done = append(done, t)
		default:
			bad = append(bad, t.Point)
		}
	}
	slices.SortStableFunc(done, func(a, b mechanisms.Trial) int { return cmp.Compare(a.BPB, b.BPB) })
	n := int(math.Ceil(share * float64(len(done))))
	for k, t := range done {
		if k < n {
			good = append(good, t.Point)
		} else {
			bad = append(bad, t.Point)
		}
	}
	for _, p := range v.Pending {
		if v.Space.Inside(p.Point) == nil {
			bad = append(bad, p.Point)
		}
	}
	return good, bad
}

func column(points []mechanisms.Point, i int) []float64 {
	values := make([]float64, len(points))
	for k, p := range points {
		values[k] = p[i]
	}
	return values
}

// pick draws candidates from the good model of one parameter and returns the one with the highest ratio of densities.
func pick(v mechanisms.View, q mechanisms.Param, good, bad []float64) float64 {
	g, b := newModel(q, good), newModel(q, bad)
	best, value := math.Inf(-1), q.Default
	for range candidates {
		x := g.draw(v.Rand)
		if score := math.Log(g.density(x)) - math.Log(b.density(x)); score > best {
			best, value = score, x
		}
	}
	return value
}
