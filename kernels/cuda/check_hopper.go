//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// trialsHopper holds the kernels for compute capability 9.0, where the device has its instructions. Products: whole tiles, edges of both
// kinds, fewer columns than a tile, one step and many along K, more tiles than the device has blocks at a time, gradients in parts. The
// rest are the other kernels' trials, of which those that are large enough come to these.
func trialsHopper() (all []trial) {
	for _, l := range []form{nt, nn, tn} {
		product := func(b *bench, m, n, k int) {
			va, vb := b.operands(l, m, n, k, 0)
			d := b.halves(m, n, n, constant(0))
			b.run(func(x *script) { x.multiply(l, d.array, va.array, vb.array, 1, matrixArguments{}) })
			b.near("stored", d, product64(l, va, vb, m, n, k), half, single)
		}
		for _, s := range []struct{ m, n, k int }{{128, 256, 64}, {136, 264, 72}, {128, 128, 8}, {192, 520, 344}} {
			all = append(all, trial{fmt.Sprintf("%s %dx%dx%d", l, s.m, s.n, s.k), func(b *bench) { product(b, s.m, s.n, s.k) }})
		}
		all = append(all, trial{fmt.Sprintf("%s, more tiles than blocks", l), func(b *bench) { product(b, hopperRows*(b.Multiprocessors+1)+8, 264, 72) }})
	}
	for _, tokens := range []int{200, 1100} { // in one piece and in parts
		all = append(all, trial{fmt.Sprintf("gradient of %d tokens", tokens), func(b *bench) { checkGradientOnHopper(b, tokens) }})
	}
	all = slices.Concat(all, trialsEpilogues(), trialsBatches(), trialsLoss(), trialsQKVProduct(), trialsAttentionOf(hopperAttentionShapes))
	for i, t := range all {
		all[i].run = func(b *bench) { t.run(b.hopperBench()) }
	}
	return all
}

// hopperAttentionShapes have one row, edges of blocks of 128 and 64, windows that begin inside a block and at its edge, more groups of rows
// than the emulator has multiprocessors, more stages than a ring holds, and several heads and sequences.
var hopperAttentionShapes = []attentionShape{
	{headShape{1, 1, 1, 64}, 1}, {headShape{2, 130, 2, 64}, 64}, {headShape{1, 300, 1, 64}, 128}, {headShape{1, 700, 1, 64}, 700},
	{headShape{1, 129, 1, 128}, 129}, {headShape{2, 200, 2, 128}, 70},
}

func checkGradientOnHopper(b *bench, tokens int) {
	const m, n = 128, 136
	dy, x := b.halves(tokens, m, m, b.normal), b.halves(tokens, n, n, b.normal)
	g, parts := b.floats(m, n, b.normal), b.floats(2, m*n, constant(0))
	b.run(func(sc *script) { sc.gradient(g.array, dy.array, x.array, parts.array) })
	want := product64(tn, dy, x, m, n, tokens)
	for i := range want {
		want[i] += g.v[i]
	}
	b.near("gradient", g, want, 0, 4*single)
}

// hopperBench is the same bench with the kernels for compute capability 9.0.
func (b *bench) hopperBench() *bench {
	d, err := b.device.withHopper()
	if err != nil {
		b.Fatalf("%v", err)
	}
	return &bench{reporter: b.reporter, device: d, rng: rand.New(rand.NewPCG(b.rng.Uint64(), 1))}
}
