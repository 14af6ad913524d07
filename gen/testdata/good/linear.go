// Package linear fits a plane to the trials and goes down its slope, one parameter at a time, the steepest first.
package linear

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// ridge keeps the fit well-posed with fewer trials than parameters.
const ridge = 0.05

// Linear refits in every decision.
type Linear struct{}

// New returns a Linear.
func New() *Linear { return &Linear{} }

// matrix is square, by rows.
type matrix [][]float64

func newMatrix(n int) matrix {
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// solve eliminates with pivoting; m and b are used up. ok is false for a singular matrix.
func (m matrix) solve(b []float64) (x []float64, ok bool) {
	n := len(b)
	for col := 0; col < n; col++ {
		pivot := col
		for row := col + 1; row < n; row++ {
			if math.Abs(m[row][col]) > math.Abs(m[pivot][col]) {
				pivot = row
			}
		}
		if math.Abs(m[pivot][col]) < 1e-12 {
			return nil, false
		}
		m[col], m[pivot] = m[pivot], m[col]
		b[col], b[pivot] = b[pivot], b[col]
		for row := col + 1; row < n; row++ {
			f := m[row][col] / m[col][col]
			for k := col; k < n; k++ {
				m[row][k] -= f * m[col][k]
			}
			b[row] -= f * b[col]
		}
	}
	x = make([]float64, n)
	for row := n - 1; row >= 0; row-- {
		sum := b[row]
		for k := row + 1; k < n; k++ {
			sum -= m[row][k] * x[k]
		}
		x[row] = sum / m[row][row]
	}
	return x, true
}

// slopes are the change of bits per byte from one end of each parameter's range to the other.
func slopes(v mechanisms.View) ([]float64, bool) {
	n := len(v.Space.Params)
	a, b := newMatrix(n), make([]float64, n)
	mean, count := 0.0, 0
	for _, t := range v.Trials {
		if t.OK() {
			mean += t.BPB
			count++
		}
	}
	if count < 3 {
		return nil, false
	}
	mean /= float64(count)
	for _, t := range v.Trials {
		if !t.OK() || len(t.Point) != n {
			continue
		}
		x := make([]float64, n)
		for i, q := range v.Space.Params {
			x[i] = q.Unit01(t.Point[i]) - q.Unit01(v.Incumbent.Point[i])
		}
		for i := range x {
			for k := range x {
				a[i][k] += x[i] * x[k]
			}
			b[i] += x[i] * (t.BPB - mean)
		}
	}
	for i := 0; i < n; i++ {
		a[i][i] += ridge
	}
	return a.solve(b)
}

// Propose steps down the steepest slope that leads to a new point.
func (l *Linear) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	slope, ok := slopes(v)
	if !ok {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	order := v.Free()
	sort.SliceStable(order, func(i, j int) bool { return math.Abs(slope[order[i]]) > math.Abs(slope[order[j]]) })
	for size := 0.1; size <= 0.5; size += 0.1 {
		for _, i := range order {
			dir := +1
			if slope[i] > 0 {
				dir = -1
			}
			q := v.Space.Params[i]
			p := v.Incumbent.Point.With(i, q.Move(v.Incumbent.Point[i], dir, size))
			if v.Allows(p) == nil && !v.Tried(p) {
				return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("the plane falls by %.3g along %s", math.Abs(slope[i]), q.Name)}, nil
			}
		}
	}
	return v.Ask(ctx, mechanisms.Hint{Text: "the linear model has no untried step left"})
}

// Accept keeps what is better.
func (l *Linear) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (l *Linear) Observe(t mechanisms.Trial) {}
