//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

func (b *bench) lossScratch(tokens, V, C, chunk int) lossScratch {
	return lossScratch{
		sums:   b.floats(tokens, lossTiles(V), constant(0)).array,
		logits: b.floats(tokens, 1, constant(0)).array, inverse: b.floats(tokens, 1, constant(0)).array,
		slopes: b.halves(chunk, V, padded(V), constant(0)).array,
	}
}

func trialsLoss() (all []trial) {
	for _, s := range []struct{ sequences, T, V, C, chunk int }{
		{1, 1, 2, 2, 1}, {2, 5, 13, 18, 4}, {3, 30, 129, 64, 64}, {2, 70, 200, 34, 100}, {1, 140, 300, 72, 140}, {2, 20, 72, 40, 40},
	} {
		all = append(all, trial{fmt.Sprint(s), func(b *bench) {
			in, rows := b.text(s.sequences, s.T, s.V)
			n := in.tokens()
			// Rows of growing size reach the bend of the softcap.
			i := 0
			h := b.halves(n, s.C, s.C, func() float64 { i++; return b.normal() * float64(i/s.C%5) })
			w := b.halves(s.V, s.C, s.C, b.normal)
			dh, g := b.halves(n, s.C, s.C, constant(0)), b.floats(s.V, s.C, constant(0.001))
			nats, scratch := b.floats(n, 1, constant(0)), b.lossScratch(n, s.V, s.C, s.chunk)
			parts := b.floats(2, s.V*s.C, constant(0))
			perToken := 1 / float64(3*n)
			b.run(func(sc *script) {
				sc.loss(h.array, w.array, in, nats.array, scratch, float32(perToken))
				sc.lossBackward(h.array, w.array, dh.array, g.array, in, scratch, parts.array, float32(perToken))
			})
			tape := &kerneltest.Tape{}
			vh, vw := leaf(tape, h), leaf(tape, w)
			y := tape.Loss(vh, vw, ids(rows, s.T, 1))
			for i := range y.G {
				y.G[i] = perToken
			}
			tape.Backward()
			b.sized("nats", b.read(nats), y.V, 0, single, max(rms(y.V), 3)) // a difference of numbers up to 15
			// Slopes are rounded to bf16 before they multiply; see attention. Of a single token's few slopes nothing averages out, and two may cancel.
			limit := 4e-3
			if n == 1 {
				limit = 3e-2
			}
			b.close("dh", b.read(dh), vh.G, limit)
			want := slices.Clone(vw.G)
			for i := range want {
				want[i] += g.v[i]
			}
			b.close("gradient of the weight", b.read(g), want, limit)
		}})
	}
	return all
}
