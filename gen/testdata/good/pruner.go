// Package pruner explores at random and stops what is clearly behind.
package pruner

import (
	"context"
	"sort"
	"strconv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Pruner keeps the values that finished trials had on the way, by eighths of the budget.
type Pruner struct {
	Seen map[string][]float64 `json:"seen"`
	Best float64              `json:"best"`
	Any  bool                 `json:"any"`
}

// New returns a Pruner.
func New() *Pruner { return &Pruner{Seen: make(map[string][]float64)} }

func bucket(fraction float64) string { return strconv.Itoa(int(fraction * 8)) }

// Propose draws near the incumbent.
func (p *Pruner) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	point, _ := v.Fresh(500, func() mechanisms.Point {
		q := v.Incumbent.Point
		for n := 1 + v.Rand.IntN(2); n > 0; n-- {
			q = v.Nudge(q, free[v.Rand.IntN(len(free))], 0.25)
		}
		return q
	})
	return mechanisms.Proposal{Point: point, Why: "a random neighbour"}, nil
}

// Accept keeps what is better.
func (p *Pruner) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe learns the curve of a trial that finished.
func (p *Pruner) Observe(t mechanisms.Trial) {
	if !t.OK() {
		return
	}
	if !p.Any || t.BPB < p.Best {
		p.Any, p.Best = true, t.BPB
	}
	for _, s := range t.Curve {
		k := bucket(s.Fraction)
		p.Seen[k] = append(p.Seen[k], s.BPB)
	}
}

// Prune stops a trial that is worse than all seen before at this place.
func (p *Pruner) Prune(v mechanisms.View, _ mechanisms.Proposal, curve []mechanisms.Sample) bool {
	if len(curve) == 0 {
		return false
	}
	last := curve[len(curve)-1]
	seen := p.Seen[bucket(last.Fraction)]
	if len(seen) < 5 || last.Fraction < 0.5 {
		return false
	}
	sorted := make([]float64, len(seen))
	copy(sorted, seen)
	sort.Float64s(sorted)
	return last.BPB > sorted[len(sorted)-1]*1.02
}
