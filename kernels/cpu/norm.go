package cpu

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// norm and normBackward are RMSNorm over a row of C channels:
//
//	h = r*x,  r = 1/sqrt(mean(x²) + eps),  dx += r*(dh - h*mean(dh*h))
type (
	norm         gpt.Norm
	normBackward gpt.NormBackward
)

// inverseRMS is r for a row of n channels.
func inverseRMS(x []float32) float32 {
	mean := dot(x, x) / float32(len(x))
	return 1 / float32(math.Sqrt(float64(mean+gpt.NormEps)))
}

func (o norm) run(w *worker) {
	x, h, r := w.of(o.X), w.of(o.H), w.of(o.R)
	for t := range w.count {
		row := rowOf(x, t)
		inverse := inverseRMS(row)
		r.V[t*r.Stride] = inverse
		scaled(rowOf(h, t), inverse, row)
	}
}

func (o normBackward) run(w *worker) {
	h, r, dh, dx := w.of(o.H), w.of(o.R), w.of(o.DH), w.of(o.DX)
	for t := range w.count {
		h, dh, dx := rowOf(h, t), rowOf(dh, t), rowOf(dx, t)
		r := r.V[t*r.Stride]
		b := r * (dot(dh, h) / float32(len(h)))
		if o.First {
			blend(dx, r, dh, -b, h)
		} else {
			axpy(dx, r, dh)
			axpy(dx, -b, h)
		}
	}
}

// mix and mixBackward blend the stream with the embedding: y = resid*x + skip*x0.
type (
	mix         gpt.Mix
	mixBackward gpt.MixBackward
)

func (o mix) run(w *worker) {
	resid, skip := w.weight(o.Resid).V[o.Layer], w.weight(o.Skip).V[o.Layer]
	x, x0, y := w.of(o.X), w.of(o.X0), w.of(o.Y)
	for t := range w.count {
		blend(rowOf(y, t), resid, rowOf(x, t), skip, rowOf(x0, t))
	}
}

func (o mixBackward) run(w *worker) {
	resid, skip := w.weight(o.Resid).V[o.Layer], w.weight(o.Skip).V[o.Layer]
	x, x0, dx, dskip := w.of(o.X), w.of(o.X0), w.of(o.DX), w.of(o.DSkip)
	var dresid, dskipLambda float32
	for t := range w.count {
		d, ds := rowOf(dx, t), rowOf(dskip, t)
		dresid += dot(d, rowOf(x, t))
		dskipLambda += dot(d, rowOf(x0, t))
		if o.First {
			scaled(ds, skip, d)
		} else {
			axpy(ds, skip, d)
		}
		scaled(d, resid, d)
	}
	w.lambda(o.Resid, o.Layer, dresid)
	w.lambda(o.Skip, o.Layer, dskipLambda)
}

// lambda sets or adds to the shard's gradient of one lambda.
func (w *worker) lambda(i gpt.W, layer int, d float32) {
	g, add := w.gradient(i)
	if add {
		d += g.V[layer]
	}
	g.V[layer] = d
}
