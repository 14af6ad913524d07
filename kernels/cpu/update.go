package cpu

import (
	"math"
	"sort"

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
	adam []adamRates // as gpt.Model.Weights
}

// adamRates are AdamW's scalars of one weight: rate/(1-beta1^step), and 1/sqrt(1-beta2^step).
type adamRates struct{ size, root float32 }

func (r *stepRates) set(s gpt.StepScalars, weights []gpt.Weight) {
	r.StepScalars = s
	if len(r.adam) != len(weights) {
		r.adam = make([]adamRates, len(weights))
	}
	for i, w := range weights {
		r.adam[i] = adamRates{
			size: float32(w.LR * s.Rate / (1 - power(w.Beta1, s.Step))),
			root: float32(1 / math.Sqrt(1-power(w.Beta2, s.Step))),
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
func (s *state) sum(dst []float32, from int) {
	if s.shards == nil {
		copy(dst, s.table.V[from:])
		return
	}
	copy(dst, s.shards[0].V[from:])
	for _, g := range s.shards[1:] {
		addTo(dst, g.V[from:])
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
	state, rates, about := &w.memory.state[u.weight], w.step.adam[u.weight], &w.model.Weights[u.weight]
	g := w.row[:u.to-u.from]
	state.sum(g, u.from)
	if state.table.V != nil {
		clear(state.table.V[u.from:u.to])
	}
	adamStep(w.weight(u.weight).V[u.from:u.to], g, state.first[u.from:u.to], state.second[u.from:u.to],
		float32(1-about.Beta1), float32(1-about.Beta2), rates)
}

func adamStep(p, g, m, v []float32, a1, a2 float32, r adamRates) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i, x := range g {
		m[i] += float32(a1 * (x - m[i]))
		v[i] += float32(a2 * (float32(x*x) - v[i]))
		root := float32(math.Sqrt(float64(v[i])))
		p[i] -= float32(r.size * (m[i] / (float32(root*r.root) + gpt.AdamEps)))
	}
}
