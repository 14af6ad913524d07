package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// embed and embedBackward gather a row of the table for each token and normalise it.
type (
	embed         gpt.Embed
	embedBackward gpt.EmbedBackward
)

func rowOf(m mat.Matrix, i int) []float32 { return m.V[i*m.Stride : i*m.Stride+m.Cols] }

func (o embed) run(w *worker) {
	table, x, r := w.weight(o.Table), w.of(o.X), w.of(o.R)
	for t, token := range w.inputs[:w.count] {
		copy(rowOf(x, t), rowOf(table, int(token)))
	}
	w.vec.Norm(x, x, r, gpt.NormEps)
}

func (o embedBackward) run(w *worker) {
	rows := w.memory.state[o.Table].rows
	dx, dskip := w.of(o.DX), w.of(o.DSkip)
	w.vec.Blend(dx, 1, dx, 1, dskip)
	w.vec.NormBackward(rows.Slice(w.first, w.first+w.count, 0, rows.Cols), dx, w.of(o.X), w.of(o.R), true)
}

// scatter adds the gradients of a micro-batch's tokens to columns [from, to) of an embedding's table, in token order. The
// columns are cut so that no two scatters touch the same number.
type scatter struct {
	weight   gpt.W
	from, to int
}

// scatterCols is two cache lines.
const scatterCols = 2 * line

func planScatters(m gpt.Model) []scatter {
	var all []scatter
	for i, w := range m.Weights {
		if w.Role == gpt.Embedding {
			for from := 0; from < w.Cols; from += scatterCols {
				all = append(all, scatter{weight: gpt.W(i), from: from, to: min(from+scatterCols, w.Cols)})
			}
		}
	}
	return all
}

func (s scatter) run(w *worker) {
	state, T := &w.memory.state[s.weight], w.plan.T
	for i := range w.plan.B {
		for t := range T {
			token := int(w.rows[i*(T+1)+t])
			w.vec.Add(rowOf(state.table, token)[s.from:s.to], rowOf(state.rows, i*T+t)[s.from:s.to])
		}
	}
}
