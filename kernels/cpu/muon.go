package cpu

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/cpu/vec"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// muon updates one matrix: Nesterov momentum, orthogonalisation by Polar Express, variance per row or column evened
// out (NorMuon), and a decay that only acts where it pulls the same way as the gradient.
type muon struct {
	weight     gpt.W
	rows, cols int
}

// muonScratch holds two of the matrix and five of its smaller Gram matrix.
type muonScratch struct {
	x, y []float32
	gram [5][]float32
}

func layoutMuon(weights []gpt.Weight, a *arena) muonScratch {
	var size, gram int
	for _, w := range weights {
		if w.Role == gpt.Matrix {
			short := min(w.Rows, w.Cols)
			size, gram = max(size, w.Rows*padded(w.Cols)), max(gram, short*padded(short))
		}
	}
	s := muonScratch{x: a.floats(size), y: a.floats(size)}
	for i := range s.gram {
		s.gram[i] = a.floats(gram)
	}
	return s
}

// flops is the cost of the iterations, for the order of tasks.
func (u muon) flops() int {
	short := min(u.rows, u.cols)
	return short * short * (2*max(u.rows, u.cols) + short)
}

func (u muon) run(w *worker) {
	x := mat.Window(w.muon.x, u.rows, u.cols, padded(u.cols))
	y := mat.Window(w.muon.y, u.rows, u.cols, padded(u.cols))
	u.momentum(w, x)
	x = u.orthogonalise(w, x, y)
	u.apply(w, x)
}

// momentum sets x to the gradient after Nesterov momentum: m += (1-mu)*(g-m), x = g + mu*(m-g).
func (u muon) momentum(w *worker, x mat.Matrix) {
	state, mu := &w.memory.state[u.weight], float32(w.step.Momentum)
	for i := range u.rows {
		g, m := rowOf(x, i), state.first[i*u.cols:(i+1)*u.cols]
		state.sum(w.vec, g, i*u.cols)
		w.vec.Nesterov(g, m, mu)
	}
}

// apply evens out the mean square of rows (or of columns, where there are more) by its running average, keeps the size
// of the whole, and moves the weight by it: p -= rate*(g + decay*p where g*p >= 0).
func (u muon) apply(w *worker, x mat.Matrix) {
	state := &w.memory.state[u.weight]
	means := w.row[:max(u.rows, u.cols)]
	reduced := u.meanSquares(w.vec, x, means)
	var size, after float64
	for i, v := range means {
		state.second[i] += float32((1 - gpt.NorMuonBeta2) * (v - state.second[i]))
		step := 1 / float32(math.Sqrt(math.Max(float64(state.second[i]), 1e-10)))
		size += float64(float64(v) * reduced)
		after += float64(float64(v) * reduced * float64(float64(step)*float64(step)))
		means[i] = step
	}
	keep := float32(math.Sqrt(size) / math.Max(math.Sqrt(after), 1e-10))
	w.vec.Scale(means, keep, means)
	rate := float32(w.model.Weights[u.weight].LR * w.step.Rate)
	decay := float32(w.step.Decay)
	for i := range u.rows {
		g, p := rowOf(x, i), w.weight(u.weight).V[i*u.cols:(i+1)*u.cols]
		if u.rows >= u.cols {
			w.vec.Scale(g, means[i], g)
		} else {
			w.vec.Multiply(g, means)
		}
		w.vec.Cautious(p, g, rate, rate*decay)
	}
}

// meanSquares sets means to the mean square of each row, or of each column where there are more columns, and returns over
// how many numbers each mean ran.
func (u muon) meanSquares(unit vec.Unit, x mat.Matrix, means []float32) float64 {
	if u.rows >= u.cols {
		for i := range means {
			means[i] = unit.Dot(rowOf(x, i), rowOf(x, i)) / float32(u.cols)
		}
		return float64(u.cols)
	}
	clear(means)
	for i := range u.rows {
		unit.AddSquares(means, rowOf(x, i))
	}
	unit.Scale(means, 1/float32(u.rows), means)
	return float64(u.rows)
}
