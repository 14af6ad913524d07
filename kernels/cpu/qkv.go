package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// qkv and qkvBackward make the inputs of attention. The norm of a head and its rotation commute, because a rotation
// keeps lengths; so both passes need only the finished row and 1/rms.
type (
	qkv         gpt.QKV
	qkvBackward gpt.QKVBackward
)

func (o qkv) run(w *worker) {
	h := w.of(o.H)
	w.forwardBy(o.WQ, w.of(o.Q), h, mat.Epilogue{})
	w.forwardBy(o.WK, w.of(o.K), h, mat.Epilogue{})
	w.forwardBy(o.WV, w.of(o.V), h, mat.Epilogue{})
	w.eachSequence(func(from, to int) {
		for _, x := range [...][2]gpt.Tokens{{o.Q, o.RQ}, {o.K, o.RK}} {
			w.vec.NormRotate(w.part(x[0], from, to), w.part(x[1], from, to), w.memory.rope, gpt.NormEps)
		}
	})
	if o.Values != gpt.None {
		o.addValues(w)
	}
}

// eachSequence calls f with the rows of each sequence in the shard.
func (w *worker) eachSequence(f func(from, to int)) {
	for from := 0; from < w.count; from += w.plan.T {
		f(from, from+w.plan.T)
	}
}

// part is rows [from, to) of an activation.
func (w *worker) part(t gpt.Tokens, from, to int) mat.Matrix {
	return w.tokens[t].Slice(from, to, 0, w.tokens[t].Cols)
}

// addValues adds to each head of v the token's value embedding times the head's gate.
func (o qkv) addValues(w *worker) {
	g, table, v, HS := w.of(o.G), w.weight(o.Values), w.of(o.V), w.plan.HS
	w.forwardBy(o.WGate, g, o.gateInputs(w, w.of(o.H)), mat.Epilogue{})
	w.vec.Gate(g)
	for t := range w.count {
		gates, row, values := rowOf(g, t), rowOf(v, t), rowOf(table, int(w.inputs[t]))
		for n, gate := range gates {
			w.vec.Axpy(row[n*HS:(n+1)*HS], gate, values[n*HS:(n+1)*HS])
		}
	}
}

// gateInputs is the part of h that the gates read.
func (o qkv) gateInputs(w *worker, h mat.Matrix) mat.Matrix {
	return h.Slice(0, w.count, 0, w.plan.Gates)
}

func (o qkvBackward) run(w *worker) {
	h, dh, dq, dk, dv := w.of(o.H), w.of(o.DH), w.of(o.DQ), w.of(o.DK), w.of(o.DV)
	w.eachSequence(func(from, to int) {
		for _, x := range [...][3]gpt.Tokens{{o.DQ, o.Q, o.RQ}, {o.DK, o.K, o.RK}} {
			w.vec.NormRotateBackward(w.part(x[0], from, to), w.part(x[1], from, to), w.part(x[2], from, to), w.memory.rope)
		}
	})
	w.gradientBy(o.WQ, dq, h)
	w.gradientBy(o.WK, dk, h)
	w.gradientBy(o.WV, dv, h)
	w.backwardBy(o.WQ, dh, dq, mat.Epilogue{})
	w.backwardBy(o.WK, dh, dk, mat.Epilogue{Add: true})
	w.backwardBy(o.WV, dh, dv, mat.Epilogue{Add: true})
	if o.Values != gpt.None {
		o.valuesBackward(w)
	}
}

// valuesBackward takes the gradient of v to the value embeddings and through the gates to their weight and to h. The gates are
// overwritten with the gradient of their logits z: d(2*sigmoid(z))/dz = g*(1 - g/2).
func (o qkvBackward) valuesBackward(w *worker) {
	g, table, dv, HS := w.of(o.G), w.weight(o.Values), w.of(o.DV), w.plan.HS
	rows := w.memory.state[o.Values].rows
	for t := range w.count {
		gates, d, values, dvalues := rowOf(g, t), rowOf(dv, t), rowOf(table, int(w.inputs[t])), rowOf(rows, w.first+t)
		for n, gate := range gates {
			d, values := d[n*HS:(n+1)*HS], values[n*HS:(n+1)*HS]
			w.vec.Scale(dvalues[n*HS:(n+1)*HS], gate, d)
			gates[n] = w.vec.Dot(d, values) * (gate * (1 - float32(0.5*gate)))
		}
	}
	in := qkv(o.QKV)
	w.gradientBy(o.WGate, g, in.gateInputs(w, w.of(o.H)))
	w.backwardBy(o.WGate, in.gateInputs(w, w.of(o.DH)), g, mat.Epilogue{Add: true})
}
