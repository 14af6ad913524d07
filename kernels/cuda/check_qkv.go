//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

type headShape struct{ sequences, T, NH, HS int }

// headShapes have heads whose halves are odd, and of one, several and more than a warp's pairs.
var headShapes = []headShape{{1, 1, 1, 2}, {2, 5, 3, 6}, {1, 7, 2, 34}, {2, 3, 2, 64}, {1, 9, 3, 128}, {1, 2, 1, 256}}

// sides puts three arrays side by side on the device.
func (b *bench) sides(rows, C int, draw func() float64) (numbers, side) {
	n := b.halves(rows, 3*C, 3*C, draw)
	return n, beside(n.array, C)
}

// columns is [from, from+C) of rows of 3C.
func columns(v []float64, C, from int) []float64 {
	var out []float64
	for at := 0; at < len(v); at += 3 * C {
		out = append(out, v[at+from:at+from+C]...)
	}
	return out
}

func (b *bench) rotary(T, HS int) (rotary, []float32, []float32) {
	cos, sin := gpt.Rope(T, HS)
	put := func(x []float32) driver.Pointer {
		p := b.alloc(len(x) * sizeFloat)
		b.write(driver.Write(b.Device, p, x))
		return p
	}
	return rotary{put(cos), put(sin)}, cos, sin
}

// turned normalises and turns heads in float64, and gives 1/rms of each.
func turned(x []float64, s headShape, cos, sin []float32) (y, r []float64) {
	y = make([]float64, len(x))
	half := s.HS / 2
	for at := 0; at < len(x); at += s.HS {
		t := at / (s.NH * s.HS) % s.T
		mean := 0.0
		for _, v := range x[at : at+s.HS] {
			mean += v * v / float64(s.HS)
		}
		inverse := 1 / math.Sqrt(mean+gpt.NormEps)
		r = append(r, inverse)
		for j := range half {
			p, q, c, n := x[at+j]*inverse, x[at+half+j]*inverse, float64(cos[t*half+j]), float64(sin[t*half+j])
			y[at+j], y[at+half+j] = p*c+q*n, q*c-p*n
		}
	}
	return y, r
}

// turnedBack is the gradient of turned, from the heads it made.
func turnedBack(y, r, d []float64, s headShape, cos, sin []float32) []float64 {
	x := make([]float64, len(y))
	half := s.HS / 2
	for at := 0; at < len(y); at += s.HS {
		t := at / (s.NH * s.HS) % s.T
		mean := 0.0
		for j := range s.HS {
			mean += y[at+j] * d[at+j] / float64(s.HS)
		}
		for j := range half {
			p, q := r[at/s.HS]*(d[at+j]-y[at+j]*mean), r[at/s.HS]*(d[at+half+j]-y[at+half+j]*mean)
			c, n := float64(cos[t*half+j]), float64(sin[t*half+j])
			x[at+j], x[at+half+j] = p*c-q*n, q*c+p*n
		}
	}
	return x
}

func trialsQKV() (all []trial) {
	for _, s := range headShapes {
		for _, gated := range []bool{false, true} {
			all = append(all, trial{fmt.Sprintf("%+v gated %t", s, gated), func(b *bench) { checkQKV(b, s, gated) }})
		}
	}
	return all
}

func checkQKV(b *bench, s headShape, gated bool) {
	const V = 11
	C, tokens := s.NH*s.HS, s.sequences*s.T
	n := heads{NH: s.NH, HS: s.HS, gates: min(32, C)}
	in, rows := b.text(s.sequences, s.T, V)
	r, cos, sin := b.rotary(s.T, s.HS)
	x, xs := b.sides(tokens, C, b.normal)
	h := b.halves(tokens, C, C, b.normal)
	rq, rk, g := b.floats(tokens, s.NH, constant(0)), b.floats(tokens, s.NH, constant(0)), b.floats(tokens, s.NH, constant(0))
	gate, table := b.floats(s.NH, n.gates, b.normal), b.floats(V, C, b.normal)
	dgate, dtable := b.floats(s.NH, n.gates, b.normal), b.floats(V, C, b.normal)
	var e valueEmbedding
	if gated {
		e = valueEmbedding{gate: gate.array, table: table.array, dgate: dgate.array, dtable: dtable.array}
	}
	b.run(func(sc *script) { sc.qkv(xs, h.array, rq.array, rk.array, g.array, e, in, r, n) })
	part := func(v []float64, i int) []float64 { return columns(v, C, i*C) }
	y := b.read(x)
	q, wantRQ := turned(part(x.v, 0), s, cos, sin)
	k, wantRK := turned(part(x.v, 1), s, cos, sin)
	v := part(x.v, 2)
	tokensOf := ids(rows, s.T, 0)
	gates := make([]float64, tokens*s.NH)
	if gated {
		for i := range gates {
			z := 0.0
			for j := range n.gates {
				z += h.v[i/s.NH*C+j] * gate.v[i%s.NH*n.gates+j]
			}
			gates[i] = 2 / (1 + math.Exp(-z))
		}
		for i := range v {
			v[i] += gates[i/s.HS] * table.v[int(tokensOf[i/C])*C+i%C]
		}
		b.near("g", g, gates, 0, single)
	}
	b.same("q", part(y, 0), q, half, 2*single)
	b.same("k", part(y, 1), k, half, 2*single)
	b.same("v", part(y, 2), v, half, single)
	b.near("rq", rq, wantRQ, single, 0)
	b.near("rk", rk, wantRK, single, 0)

	d, ds := b.sides(tokens, C, b.normal)
	dz := b.floats(tokens, s.NH, constant(0))
	parts := b.alloc(ceil(tokens, gateTokens) * s.NH * n.gates * sizeFloat)
	b.run(func(sc *script) {
		sc.qkvBackward(xs, ds, h.array, rq.array, rk.array, g.array, dz.array, parts, e, in, r, n)
	})
	got := b.read(d)
	b.same("dq", part(got, 0), turnedBack(part(y, 0), wantRQ, part(d.v, 0), s, cos, sin), half, 2*single)
	b.same("dk", part(got, 1), turnedBack(part(y, 1), wantRK, part(d.v, 1), s, cos, sin), half, 2*single)
	if !gated {
		return
	}
	dv := part(d.v, 2)
	wantTable, wantZ, wantGate := slices.Clone(dtable.v), make([]float64, len(gates)), slices.Clone(dgate.v)
	for i, x := range dv {
		place := int(tokensOf[i/C])*C + i%C
		wantTable[place] += gates[i/s.HS] * x
		wantZ[i/s.HS] += x * table.v[place]
	}
	for i, g := range gates {
		wantZ[i] *= g * (1 - g/2)
		for j := range n.gates {
			wantGate[i%s.NH*n.gates+j] += wantZ[i] * h.v[i/s.NH*C+j]
		}
	}
	b.near("gradient of the table", dtable, wantTable, 0, 2*single)
	// Sums of HS products, by a slope that may be near zero.
	products := math.Sqrt(float64(s.HS))
	b.sized("dz", b.read(dz), wantZ, 0, 2*single, max(rms(wantZ), products))
	b.sized("gradient of the gate", b.read(dgate), wantGate, 0, 2*single, max(rms(wantGate), products))

	dh := b.halves(tokens, C, C, b.normal)
	b.run(func(sc *script) { sc.gateInput(dh.array, dz.array, e, n) })
	wantH := slices.Clone(dh.v)
	for i, z := range wantZ {
		for j := range n.gates {
			wantH[i/s.NH*C+j] += z * gate.v[i%s.NH*n.gates+j]
		}
	}
	b.near("dh", dh, wantH, half, 2*single)
}

// trialsQKVProduct makes attention's inputs from h and the matrices: heads that divide a tile, in one pass, and one that does not.
func trialsQKVProduct() (all []trial) {
	for _, s := range []headShape{{1, 1, 1, 8}, {2, 70, 3, 16}, {1, 40, 3, 64}, {2, 65, 2, 128}, {1, 9, 2, 24}, {1, 20, 1, 256}} {
		for _, gated := range []bool{false, true} {
			all = append(all, trial{fmt.Sprintf("%+v gated %t", s, gated), func(b *bench) { checkQKVProduct(b, s, gated) }})
		}
	}
	return all
}

func checkQKVProduct(b *bench, s headShape, gated bool) {
	const V = 11
	C, tokens := s.NH*s.HS, s.sequences*s.T
	n := heads{NH: s.NH, HS: s.HS, gates: min(32, C)}
	in, rows := b.text(s.sequences, s.T, V)
	r, cos, sin := b.rotary(s.T, s.HS)
	x, xs := b.sides(tokens, C, constant(0))
	h, w := b.halves(tokens, C, C, b.normal), b.halves(3*C, C, C, b.normal)
	rq, rk, g := b.floats(tokens, s.NH, constant(0)), b.floats(tokens, s.NH, constant(0)), b.floats(tokens, s.NH, constant(0))
	gate, table := b.floats(s.NH, n.gates, b.normal), b.floats(V, C, b.normal)
	var e valueEmbedding
	if gated {
		e = valueEmbedding{gate: gate.array, table: table.array}
	}
	b.run(func(sc *script) {
		sc.qkvProduct(xs, h.array, w.array, rq.array, rk.array, g.array, e, in, r, n)
	})
	raw, got := product64(nt, h, w, tokens, 3*C, C), b.read(x)
	q, wantRQ := turned(columns(raw, C, 0), s, cos, sin)
	k, wantRK := turned(columns(raw, C, C), s, cos, sin)
	v := columns(raw, C, 2*C)
	for i := range v {
		if gated {
			t, head, z := i/C, i%C/s.HS, 0.0
			for j := range n.gates {
				z += h.v[t*C+j] * gate.v[head*n.gates+j]
			}
			v[i] += 2 / (1 + math.Exp(-z)) * table.v[int(ids(rows, s.T, 0)[t])*C+i%C]
		}
	}
	// In two passes the product is rounded to bf16 before its norm is taken; a pair that is turned may be five times the root mean square.
	between := 4 * single
	if !b.wholeHeads(s.HS) {
		between = 5 * half
	}
	b.same("q", columns(got, C, 0), q, half, between)
	b.same("k", columns(got, C, C), k, half, between)
	b.same("v", columns(got, C, 2*C), v, half, between)
	b.near("rq", rq, wantRQ, between, 0)
	b.near("rk", rk, wantRK, between, 0)
}
