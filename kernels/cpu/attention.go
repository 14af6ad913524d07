package cpu

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// attention and attentionBackward go through each sequence and head by blocks of queries. A block's scores against all keys it
// may see exist at once (queryRows x T at most), so softmax needs one pass. Queries and keys are normalised, so a score is
// at most sqrt(HS) in size and its exponential needs no maximum taken off: HS is below 4096, e^64 far below float32's largest.
type (
	attention         gpt.Attention
	attentionBackward gpt.AttentionBackward
)

// block is a run of queries of one sequence and head, and the keys that any of them sees: rows of the shard.
type block struct {
	q0, q1, k0 int // queries [q0, q1), keys [k0, q1)
	c0, c1     int // channels of the head
	head       int
}

func (b block) queries(m mat.Matrix) mat.Matrix { return m.Slice(b.q0, b.q1, b.c0, b.c1) }
func (b block) keys(m mat.Matrix) mat.Matrix    { return m.Slice(b.k0, b.q1, b.c0, b.c1) }

// visible is the part of a row of scores, for query q, that the mask leaves: scores[from:to] belong to the keys q-window to q.
func (b block) visible(q, window int) (from, to int) { return max(0, q-window-b.k0), q - b.k0 + 1 }

// blocks calls f for every block of the shard in order.
func (w *worker) blocks(window int, f func(b block)) {
	T, HS := w.plan.T, w.plan.HS
	for s := 0; s < w.count; s += T {
		for n := range w.plan.NH {
			for q0 := s; q0 < s+T; q0 += queryRows {
				f(block{q0: q0, q1: min(q0+queryRows, s+T), k0: max(s, q0-window), c0: n * HS, c1: (n + 1) * HS, head: n})
			}
		}
	}
}

func (w *worker) scoreScale() float32 { return float32(1 / math.Sqrt(float64(w.plan.HS))) }

func (o attention) run(w *worker) {
	q, k, v, y, lse := w.of(o.Q), w.of(o.K), w.of(o.V), w.of(o.Y), w.of(o.LSE)
	scale := w.scoreScale()
	w.blocks(o.Window, func(b block) {
		s := w.scores.Slice(0, b.q1-b.q0, 0, b.q1-b.k0)
		w.mul.Mul(s, b.queries(q), b.keys(k), mat.NT, mat.Epilogue{Scale: scale})
		for i := range s.Rows {
			row := rowOf(s, i)
			from, to := b.visible(b.q0+i, o.Window)
			clear(row[:from])
			clear(row[to:])
			total := w.vec.ExpSum(row[from:to], 0)
			rowOf(lse, b.q0+i)[b.head] = log(total)
			w.vec.Scale(row[from:to], 1/total, row[from:to])
		}
		w.mul.Mul(b.queries(y), s, b.keys(v), mat.NN, mat.Epilogue{})
	})
}

// run recomputes the probabilities P from LSE; then dV += Pᵀ*dY, dP = dY*Vᵀ, dS = P*(dP - dY·Y), dQ = dS*K and dK += dSᵀ*Q, the last
// two times the scale of the scores.
func (o attentionBackward) run(w *worker) {
	q, k, v, y, lse := w.of(o.Q), w.of(o.K), w.of(o.V), w.of(o.Y), w.of(o.LSE)
	dy, dq, dk, dv := w.of(o.DY), w.of(o.DQ), w.of(o.DK), w.of(o.DV)
	scale := w.scoreScale()
	for t := range w.count {
		clear(rowOf(dk, t))
		clear(rowOf(dv, t))
	}
	w.blocks(o.Window, func(b block) {
		p, ds := w.scores.Slice(0, b.q1-b.q0, 0, b.q1-b.k0), w.dscore.Slice(0, b.q1-b.q0, 0, b.q1-b.k0)
		w.mul.Mul(p, b.queries(q), b.keys(k), mat.NT, mat.Epilogue{Scale: scale})
		w.mul.Mul(ds, b.queries(dy), b.keys(v), mat.NT, mat.Epilogue{})
		for i := range p.Rows {
			row, d := rowOf(p, i), rowOf(ds, i)
			from, to := b.visible(b.q0+i, o.Window)
			clear(row[:from])
			clear(row[to:])
			along := w.vec.Dot(rowOf(dy, b.q0+i)[b.c0:b.c1], rowOf(y, b.q0+i)[b.c0:b.c1])
			clear(d[:from])
			clear(d[to:])
			w.vec.SoftmaxBackward(row[from:to], d[from:to], rowOf(lse, b.q0+i)[b.head], along, scale)
		}
		w.mul.Mul(b.keys(dv), p, b.queries(dy), mat.TN, mat.Epilogue{Add: true})
		w.mul.Mul(b.queries(dq), ds, b.keys(k), mat.NN, mat.Epilogue{})
		w.mul.Mul(b.keys(dk), ds, b.queries(q), mat.TN, mat.Epilogue{Add: true})
	})
}
