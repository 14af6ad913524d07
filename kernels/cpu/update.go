package cpu

import (
	"math"
	"sort"

	"github.com/seed161a02ea/bilevel/kernels/cpu/vec"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// update is one task of an optimizer step: a whole matrix for Muon, a run of numbers for AdamW.
type update interface{ run(w *worker) }

// updateTile is how many numbers one task of AdamW covers.
const updateTile = 1 << 13

// planUpdates lists the tasks of a step, the dearest first so that no worker is left with one at the end.
func planUpdates(m gpt.Model) []update {
	var matrices []muon
	var tiles []update
	for i, w := range m.Weights {
		if w.Role == gpt.Matrix {
			matrices = append(matrices, muon{weight: gpt.W(i), rows: w.Rows, cols: w.Cols})
			continue
		}
		for from, n := 0, w.Rows*w.Cols; from < n; from += updateTile {
			tiles = append(tiles, adamw{weight: gpt.W(i), from: from, to: min(from+updateTile, n)})
		}
	}
	sort.SliceStable(matrices, func(i, j int) bool { return matrices[i].flops() > matrices[j].flops() })
	all := make([]update, 0, len(matrices)+len(tiles))
	for _, x := range matrices {
		all = append(all, x)
	}
	return append(all, tiles...)
}

// stepRates is what the tasks of one step share.
type stepRates struct {
	gpt.StepScalars
	adam []vec.AdamRates // as gpt.Model.Weights
}

func (r *stepRates) set(s gpt.StepScalars, weights []gpt.Weight) {
	r.StepScalars = s
	if len(r.adam) != len(weights) {
		r.adam = make([]vec.AdamRates, len(weights))
	}
	for i, w := range weights {
		r.adam[i] = vec.AdamRates{
			A1:   float32(1 - w.Beta1),
			A2:   float32(1 - w.Beta2),
			Size: float32(w.LR * s.Rate / (1 - power(w.Beta1, s.Step))),
			Root: float32(1 / math.Sqrt(1-power(w.Beta2, s.Step))),
			Eps:  gpt.AdamEps,
		}
	}
}

// power is x^n for n >= 0 by squaring: the same bits everywhere, as math.Pow need not be.
func power(x float64, n int64) float64 {
	y := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			y *= x
		}
		x *= x
	}
	return y
}

// sum sets dst to the gradient's numbers from place `from` on.
func (s *state) sum(unit vec.Unit, dst []float32, from int) {
	if s.shards == nil {
		copy(dst, s.table.V[from:])
		return
	}
	copy(dst, s.shards[0].V[from:])
	for _, g := range s.shards[1:] {
		unit.Add(dst, g.V[from:from+len(dst)])
	}
}

// adamw updates numbers [from, to) of a weight (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, without decay, since no
// weight trained by it decays here):
//
//	m += (1-beta1)*(g-m), v += (1-beta2)*(g²-v), p -= rate/(1-beta1^step) * m/(sqrt(v/(1-beta2^step)) + eps)
type adamw struct {
	weight   gpt.W
	from, to int
}

func (u adamw) run(w *worker) {
	state, p, rates := &w.memory.state[u.weight], w.weight(u.weight).V[u.from:u.to], w.step.adam[u.weight]
	first, second := state.first[u.from:u.to], state.second[u.from:u.to]
	if state.shards == nil {
		g := state.table.V[u.from:u.to]
		w.vec.Adam(p, g, first, second, rates)
		clear(g) // tokens add to it from the next micro-batch on
		return
	}
	g := w.row[:u.to-u.from]
	state.sum(w.vec, g, u.from)
	w.vec.Adam(p, g, first, second, rates)
}
