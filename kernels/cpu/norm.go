package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// norm and normBackward are RMSNorm over a row of C channels:
//
//	h = r*x,  r = 1/sqrt(mean(x²) + eps),  dx += r*(dh - h*mean(dh*h))
type (
	norm         gpt.Norm
	normBackward gpt.NormBackward
)

func (o norm) run(w *worker) { w.vec.Norm(w.of(o.H), w.of(o.X), w.of(o.R), gpt.NormEps) }

func (o normBackward) run(w *worker) {
	w.vec.NormBackward(w.of(o.DX), w.of(o.DH), w.of(o.H), w.of(o.R), o.First)
}

// mix and mixBackward blend the stream with the embedding: y = resid*x + skip*x0.
type (
	mix         gpt.Mix
	mixBackward gpt.MixBackward
)

func (o mix) run(w *worker) {
	resid, skip := w.weight(o.Resid).V[o.Layer], w.weight(o.Skip).V[o.Layer]
	w.vec.Blend(w.of(o.Y), resid, w.of(o.X), skip, w.of(o.X0))
}

func (o mixBackward) run(w *worker) {
	resid, skip := w.weight(o.Resid).V[o.Layer], w.weight(o.Skip).V[o.Layer]
	dresid, dskip := w.vec.MixBackward(w.of(o.DX), w.of(o.DSkip), w.of(o.X), w.of(o.X0), resid, skip, o.First)
	w.lambda(o.Resid, o.Layer, dresid)
	w.lambda(o.Skip, o.Layer, dskip)
}

// lambda sets or adds to the shard's gradient of one lambda.
func (w *worker) lambda(i gpt.W, layer int, d float32) {
	g, add := w.gradient(i)
	if add {
		d += g.V[layer]
	}
	g.V[layer] = d
}
