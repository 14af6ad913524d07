package kerneltest

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// Optimizer updates float64 weights from given gradients, from the formulas of train.py.
type Optimizer struct {
	weights       []gpt.Weight
	first, second [][]float64
}

// NewOptimizer has zero state for each weight.
func NewOptimizer(weights []gpt.Weight) *Optimizer {
	o := &Optimizer{weights: weights}
	for _, w := range weights {
		o.first = append(o.first, make([]float64, w.Rows*w.Cols))
		o.second = append(o.second, make([]float64, w.Rows*w.Cols))
	}
	return o
}

// Update moves p, the numbers of weight i, by gradient g.
func (o *Optimizer) Update(i int, p, g []float64, s gpt.StepScalars) {
	if o.weights[i].Role == gpt.Matrix {
		o.muon(i, p, g, s)
		return
	}
	w := o.weights[i]
	for j := range p {
		m, v := &o.first[i][j], &o.second[i][j]
		*m = w.Beta1**m + (1-w.Beta1)*g[j]
		*v = w.Beta2**v + (1-w.Beta2)*g[j]*g[j]
		mean, square := *m/(1-math.Pow(w.Beta1, float64(s.Step))), *v/(1-math.Pow(w.Beta2, float64(s.Step)))
		p[j] -= w.LR * s.Rate * mean / (math.Sqrt(square) + 1e-10)
	}
}

func (o *Optimizer) muon(i int, p, g []float64, s gpt.StepScalars) {
	w, mu := o.weights[i], s.Momentum
	x := make([]float64, len(g))
	for j := range g {
		m := &o.first[i][j]
		*m = mu**m + (1-mu)*g[j]
		x[j] = (1-mu)*g[j] + mu**m
	}
	x = PolarExpress(x, w.Rows, w.Cols)
	evened := evenOut(x, w.Rows, w.Cols, o.second[i])
	rate := w.LR * s.Rate
	for j, u := range evened {
		move := rate * u
		if u*p[j] >= 0 {
			move += rate * s.Decay * p[j]
		}
		p[j] -= move
	}
}

// PolarExpress follows algorithm 2 of arXiv 2505.16932 for a matrix with no more rows than columns, and transposes others.
func PolarExpress(x []float64, rows, cols int) []float64 {
	if rows > cols {
		return transposed(PolarExpress(transposed(x, rows, cols), cols, rows), cols, rows)
	}
	norm := 0.0
	for _, v := range x {
		norm += v * v
	}
	y := make([]float64, len(x))
	for j, v := range x {
		y[j] = v / (math.Sqrt(norm)*1.02 + 1e-6)
	}
	for _, c := range gpt.PolarExpress {
		a := multiply(y, transposed(y, rows, cols), rows, cols, rows)
		square := multiply(a, a, rows, rows, rows)
		for j := range a {
			a[j] = c[1]*a[j] + c[2]*square[j]
		}
		next := multiply(a, y, rows, rows, cols)
		for j := range next {
			next[j] += c[0] * y[j]
		}
		y = next
	}
	return y
}

// evenOut divides each row (or column, where there are more) by the root of its running mean square, and restores the
// norm of the whole.
func evenOut(x []float64, rows, cols int, second []float64) []float64 {
	place, over := func(j int) int { return j / cols }, cols
	if rows < cols {
		place, over = func(j int) int { return j % cols }, rows
	}
	means := make([]float64, max(rows, cols))
	before := 0.0
	for j, v := range x {
		means[place(j)] += v * v / float64(over)
		before += v * v
	}
	for k, v := range means {
		second[k] = 0.95*second[k] + 0.05*v
	}
	out := make([]float64, len(x))
	after := 0.0
	for j, v := range x {
		out[j] = v / math.Sqrt(math.Max(second[place(j)], 1e-10))
		after += out[j] * out[j]
	}
	for j := range out {
		out[j] *= math.Sqrt(before) / math.Max(math.Sqrt(after), 1e-10)
	}
	return out
}

func transposed(x []float64, rows, cols int) []float64 {
	y := make([]float64, len(x))
	for j, v := range x {
		y[j%cols*rows+j/cols] = v
	}
	return y
}

// multiply is a (m x k) times b (k x n).
func multiply(a, b []float64, m, k, n int) []float64 {
	c := make([]float64, m*n)
	for i := range m {
		for l := range k {
			for j := range n {
				c[i*n+j] += a[i*k+l] * b[l*n+j]
			}
		}
	}
	return c
}
