// Package quadratic fits a parabola through the trials along each parameter and goes to its lowest point.
package quadratic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Quadratic has no state.
type Quadratic struct{}

// New returns a Quadratic.
func New() *Quadratic { return &Quadratic{} }

// solve solves a 3×3 system by elimination with pivoting; false when it is singular.
func solve(a [3][4]float64) ([3]float64, bool) {
	for c := 0; c < 3; c++ {
		pivot := c
		for r := c + 1; r < 3; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[pivot][c]) {
				pivot = r
			}
		}
		if math.Abs(a[pivot][c]) < 1e-12 {
			return [3]float64{}, false
		}
		a[c], a[pivot] = a[pivot], a[c]
		for r := c + 1; r < 3; r++ {
			f := a[r][c] / a[c][c]
			for k := c; k < 4; k++ {
				a[r][k] -= f * a[c][k]
			}
		}
	}
	var x [3]float64
	for r := 2; r >= 0; r-- {
		x[r] = a[r][3]
		for k := r + 1; k < 3; k++ {
			x[r] -= a[r][k] * x[k]
		}
		x[r] /= a[r][r]
	}
	return x, true
}

type sample struct{ u, y float64 }

// line collects the trials that differ from the incumbent in parameter i alone.
func line(v mechanisms.View, i int) []sample {
	var out []sample
	for _, t := range v.Trials {
		if !t.OK() || len(t.Point) != len(v.Incumbent.Point) {
			continue
		}
		same := true
		for j := range t.Point {
			same = same && (j == i || t.Point[j] == v.Incumbent.Point[j])
		}
		if same {
			out = append(out, sample{v.Space.Params[i].Unit01(t.Point[i]), t.BPB})
		}
	}
	return out
}

// lowest returns where the parabola through the samples is lowest.
func lowest(s []sample) (float64, bool) {
	if len(s) < 3 {
		return 0, false
	}
	var a [3][4]float64
	for _, x := range s {
		basis := [3]float64{1, x.u, x.u * x.u}
		for r := range 3 {
			for c := range 3 {
				a[r][c] += basis[r] * basis[c]
			}
			a[r][3] += basis[r] * x.y
		}
	}
	b, ok := solve(a)
	if !ok || b[2] <= 0 {
		return 0, false
	}
	return min(max(-b[1]/(2*b[2]), 0), 1), true
}

// Propose goes to the lowest point of the first parabola that has one, or spreads samples along a random parameter.
func (*Quadratic) Propose(_ context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := slices.DeleteFunc(slices.Clone(v.Free()), func(i int) bool { return v.Space.Params[i].Kind == mechanisms.Choice })
	for _, i := range free {
		u, ok := lowest(line(v, i))
		if !ok {
			continue
		}
		p := v.Incumbent.Point.With(i, v.Space.Params[i].FromUnit01(u))
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("the parabola along %s is lowest at %.3g", v.Space.Params[i].Name, u)}, nil
		}
	}
	all := v.Free()
	p, ok := v.Fresh(300, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, all[v.Rand.IntN(len(all))], 0.2) })
	if !ok {
		p, _ = v.Fresh(2000, v.Uniform)
	}
	return mechanisms.Proposal{Point: p, Why: "a sample for a parabola"}, nil
}

// Accept keeps what is better by more than the noise.
func (*Quadratic) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.Better(v.Incumbent) && v.Incumbent.BPB-t.BPB > v.Noise
}

// Observe has nothing to learn.
func (*Quadratic) Observe(mechanisms.Trial) {}
