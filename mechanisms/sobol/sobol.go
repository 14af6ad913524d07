// Package sobol spreads its points evenly over the free parameters by a Sobol sequence, which leaves no gap and no cluster
// as random points do.
package sobol

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Sobol has no state: the place in the sequence is the number of the trial.
type Sobol struct{}

// New returns a Sobol.
func New() *Sobol { return &Sobol{} }

// stride is how far apart in the sequence the substitutes of a forbidden point lie: more trials than a run has.
const stride = 1 << 12

// Propose returns the point of the sequence that belongs to the trial, or a later one where the space forbids it or it was
// tried. The free parameters take the sequence's dimensions in order; those beyond the last dimension are drawn at random.
func (*Sobol) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	k := 0
	p, _ := v.Fresh(200, func() mechanisms.Point {
		index := uint32(v.Seq + k*stride)
		k++
		p := v.Uniform()
		for d, i := range v.Free() {
			if d < Dimensions {
				p[i] = spread(v.Space.Params[i], At(index, d))
			}
		}
		return p
	})
	return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("point %d of the Sobol sequence", v.Seq)}, nil
}

// Accept keeps what is better.
func (*Sobol) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Sobol) Observe(mechanisms.Trial) {}

// spread maps u in [0, 1) to a value, with equal shares for separate values.
func spread(q mechanisms.Param, u float64) float64 {
	if n := q.Levels(); n > 0 && !(q.Kind == mechanisms.Int && q.Log) {
		return q.Level(int(u * float64(n)))
	}
	return q.FromUnit01(u)
}
