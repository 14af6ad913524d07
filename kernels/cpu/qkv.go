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
	w.unit.Mul(w.of(o.Q), h, w.weight(o.WQ), mat.NT, mat.Epilogue{})
	w.unit.Mul(w.of(o.K), h, w.weight(o.WK), mat.NT, mat.Epilogue{})
	w.unit.Mul(w.of(o.V), h, w.weight(o.WV), mat.NT, mat.Epilogue{})
	w.normRotate(w.of(o.Q), w.of(o.RQ))
	w.normRotate(w.of(o.K), w.of(o.RK))
	if o.Values != gpt.None {
		o.addValues(w)
	}
}

// normRotate normalises each head of x and turns it by its position.
func (w *worker) normRotate(x, r mat.Matrix) {
	T, HS, half := w.plan.T, w.plan.HS, w.plan.HS/2
	for t := range w.count {
		cos, sin := w.ropeAt(t%T, half)
		for n := range w.plan.NH {
			head := rowOf(x, t)[n*HS : (n+1)*HS]
			inverse := inverseRMS(head)
			rowOf(r, t)[n] = inverse
			scaled(head, inverse, head)
			rotate(head[:half], head[half:], cos, sin)
		}
	}
}

func (w *worker) ropeAt(t, half int) (cos, sin []float32) {
	return w.memory.rope.cos[t*half : (t+1)*half], w.memory.rope.sin[t*half : (t+1)*half]
}

// rotate turns the pairs (a[j], b[j]) by minus the angle.
func rotate(a, b, cos, sin []float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for j, x := range a {
		y := b[j]
		a[j] = float32(x*cos[j]) + float32(y*sin[j])
		b[j] = float32(y*cos[j]) - float32(x*sin[j])
	}
}

// rotateBack is the inverse of rotate.
func rotateBack(a, b, cos, sin []float32) {
	b, cos, sin = b[:len(a)], cos[:len(a)], sin[:len(a)]
	for j, x := range a {
		y := b[j]
		a[j] = float32(x*cos[j]) - float32(y*sin[j])
		b[j] = float32(y*cos[j]) + float32(x*sin[j])
	}
}

// addValues adds to each head of v the token's value embedding times the head's gate.
func (o qkv) addValues(w *worker) {
	g, table, v, HS := w.of(o.G), w.weight(o.Values), w.of(o.V), w.plan.HS
	w.unit.Mul(g, o.gateInputs(w, w.of(o.H)), w.weight(o.WGate), mat.NT, mat.Epilogue{})
	for t := range w.count {
		gates, row, values := rowOf(g, t), rowOf(v, t), rowOf(table, int(w.inputs[t]))
		for n, z := range gates {
			gate := 2 / (1 + exp(-z))
			gates[n] = gate
			axpy(row[n*HS:(n+1)*HS], gate, values[n*HS:(n+1)*HS])
		}
	}
}

// gateInputs is the part of h that the gates read.
func (o qkv) gateInputs(w *worker, h mat.Matrix) mat.Matrix {
	return h.Slice(0, w.count, 0, w.plan.Gates)
}

func (o qkvBackward) run(w *worker) {
	h, dh, dq, dk, dv := w.of(o.H), w.of(o.DH), w.of(o.DQ), w.of(o.DK), w.of(o.DV)
	w.normRotateBackward(w.of(o.Q), w.of(o.RQ), dq)
	w.normRotateBackward(w.of(o.K), w.of(o.RK), dk)
	w.weightGradient(o.WQ, dq, h)
	w.weightGradient(o.WK, dk, h)
	w.weightGradient(o.WV, dv, h)
	w.unit.Mul(dh, dq, w.weight(o.WQ), mat.NN, mat.Epilogue{})
	w.unit.Mul(dh, dk, w.weight(o.WK), mat.NN, mat.Epilogue{Add: true})
	w.unit.Mul(dh, dv, w.weight(o.WV), mat.NN, mat.Epilogue{Add: true})
	if o.Values != gpt.None {
		o.valuesBackward(w)
	}
}

// normRotateBackward turns d from the gradient of the normalised and turned rows y into that of the rows before, in place:
// r*(d - y*mean(d*y)), turned back.
func (w *worker) normRotateBackward(y, r, d mat.Matrix) {
	T, HS, half := w.plan.T, w.plan.HS, w.plan.HS/2
	for t := range w.count {
		cos, sin := w.ropeAt(t%T, half)
		for n := range w.plan.NH {
			head, y, r := rowOf(d, t)[n*HS:(n+1)*HS], rowOf(y, t)[n*HS:(n+1)*HS], rowOf(r, t)[n]
			blend(head, r, head, -(r * (dot(head, y) / float32(HS))), y)
			rotateBack(head[:half], head[half:], cos, sin)
		}
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
			scaled(dvalues[n*HS:(n+1)*HS], gate, d)
			gates[n] = dot(d, values) * (gate * (1 - 0.5*gate))
		}
	}
	in := qkv(o.QKV)
	w.weightGradient(o.WGate, g, in.gateInputs(w, w.of(o.H)))
	w.unit.Mul(in.gateInputs(w, w.of(o.DH)), g, w.weight(o.WGate), mat.NN, mat.Epilogue{Add: true})
}
