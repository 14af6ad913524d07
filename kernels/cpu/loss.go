package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// loss is the head, the capped logits and their cross-entropy, and for training the gradients of all three, lossRows tokens at a
// time. With s = 15*tanh(z/15) a capped logit is within ±15, so its exponential needs no maximum taken off, and
//
//	nats = log(sum(e^s)) - s[target],  dz = (e^s/sum - [target])*(1 - tanh²(z/15))/tokens of the step
type loss gpt.Loss

func (o loss) run(w *worker) {
	h := w.of(o.H)
	for from := 0; from < w.count; from += lossRows {
		to := min(from+lossRows, w.count)
		rows := h.Slice(from, to, 0, h.Cols)
		z := w.logits.Slice(0, to-from, 0, w.plan.V)
		w.forwardBy(o.Weight, z, rows, mat.Epilogue{Scale: 1. / gpt.Softcap})
		for i := range z.Rows {
			w.nats[w.first+from+i] = o.row(w, rowOf(z, i), int(w.targets[from+i]))
		}
		if !o.Train {
			continue
		}
		g, add := w.gradient(o.Weight)
		w.mul.Mul(g, z, rows, mat.TN, mat.Epilogue{Add: add || from > 0})
		dh := w.of(o.DH)
		w.backwardBy(o.Weight, dh.Slice(from, to, 0, dh.Cols), z, mat.Epilogue{})
	}
}

// row turns z/15 into the gradient of z where the loss trains, and returns the nats of the target.
func (o loss) row(w *worker, z []float32, target int) float32 {
	e := w.row[:len(z)]
	total := w.vec.CapExp(z, e, gpt.Softcap)
	nats := log(total) - float32(gpt.Softcap*z[target])
	if o.Train {
		scale := 1 / float32(w.plan.Tokens())
		t := z[target]
		w.vec.CapGradient(z, e, scale/total)
		z[target] -= float32((1 - float32(t*t)) * scale)
	}
	return nats
}
