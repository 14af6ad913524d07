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
		row := rowOf(table, int(token))
		inverse := inverseRMS(row)
		r.V[t*r.Stride] = inverse
		scaled(rowOf(x, t), inverse, row)
	}
}

func (o embedBackward) run(w *worker) {
	rows := w.memory.state[o.Table].rows
	x, r, dx, dskip := w.of(o.X), w.of(o.R), w.of(o.DX), w.of(o.DSkip)
	for t := range w.count {
		x, d, r := rowOf(x, t), rowOf(dx, t), r.V[t*r.Stride]
		addTo(d, rowOf(dskip, t))
		blend(rowOf(rows, w.first+t), r, d, -(r * (dot(d, x) / float32(len(x)))), x)
	}
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

func (s scatter) run(m *machine) {
	state, T := &m.memory.state[s.weight], m.plan.T
	for i := range m.plan.B {
		for t := range T {
			token := int(m.rows[i*(T+1)+t])
			addTo(rowOf(state.table, token)[s.from:s.to], rowOf(state.rows, i*T+t)[s.from:s.to])
		}
	}
}
