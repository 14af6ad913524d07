//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// rotary holds the tables of gpt.Rope on the device, T x HS/2 float32 each.
type rotary struct{ cos, sin driver.Pointer }

// heads is how channels divide.
type heads struct{ NH, HS, gates int }

// side are three arrays that lie side by side: queries, keys and values, or their gradients. stride is that of all.
type side struct{ q, k, v array }

// beside cuts an array of 3C columns.
func beside(a array, C int) side {
	part := func(i int) array {
		return array{a.at + driver.Pointer(i*C*sizeBF16), a.rows, C, a.stride}
	}
	return side{part(0), part(1), part(2)}
}

// valueEmbedding is what a layer with one has besides; zero in other layers.
type valueEmbedding struct {
	gate, table   array // float32, NH x Gates and V x C
	dgate, dtable array // their gradients
}

// qkvArguments is QKVArguments of source/qkv.cu.
type qkvArguments struct {
	q, k, v, h, rq, rk, g, cos, sin, gate, values, ids driver.Pointer
	tokens, t, nh, hs, gates, stride, c                int32
	eps                                                float32
}

// qkv finishes the product of h in x: norm, rotation and value embeddings. rq, rk and g are tokens x NH.
func (s *script) qkv(x side, h, rq, rk, g array, e valueEmbedding, in text, r rotary, n heads) {
	launch(s, fmt.Sprintf("qkv_%d", pairs(n)), line(ceil(x.q.rows*n.NH, rowsPerBlock)), 256, 0,
		qkvArguments{q: x.q.at, k: x.k.at, v: x.v.at, h: h.at, rq: rq.at, rk: rk.at, g: g.at, cos: r.cos, sin: r.sin,
			gate: e.gate.at, values: e.table.at, ids: in.ids, tokens: int32(x.q.rows), t: int32(in.T), nh: int32(n.NH), hs: int32(n.HS),
			gates: int32(n.gates), stride: int32(x.q.stride), c: int32(h.cols), eps: gpt.NormEps})
}

// qkvProductArguments is QKVProductArguments of source/qkv_product.cu.
type qkvProductArguments struct {
	h, w, x, rq, rk, g, cos, sin, gate, values, ids driver.Pointer
	tokens, t, nh, hs, gates, c                     int32
	eps                                             float32
	_                                               int32
}

// qkvProduct appends the product of h with the matrices w behind one another, and qkv, in one pass where heads divide a tile and in
// two where they do not.
func (s *script) qkvProduct(x side, h, w, rq, rk, g array, e valueEmbedding, in text, r rotary, n heads) {
	if width(h.cols) != 8 || !s.wholeHeads(n.HS) {
		s.multiply(nt, x.whole(), h, w, 1, matrixArguments{})
		s.qkv(x, h, rq, rk, g, e, in, r, n)
		return
	}
	a := qkvProductArguments{h: h.at, w: w.at, x: x.q.at, rq: rq.at, rk: rk.at, g: g.at, cos: r.cos, sin: r.sin, gate: e.gate.at,
		values: e.table.at, ids: in.ids, tokens: int32(h.rows), t: int32(in.T), nh: int32(n.NH), hs: int32(n.HS), gates: int32(n.gates),
		c: int32(h.cols), eps: gpt.NormEps}
	if s.hopper && n.HS >= 64 {
		launchProduct(s, fmt.Sprintf("hopper_qkv_%d", n.HS), h.rows, w.rows, 1, hopperStores,
			hopperQKVArguments{maps: [3]driver.TensorMap{s.tensors(h, 1, 0, hopperRows), s.tensors(w, 1, 0, hopperShare), s.tensors(x.whole(), 1, 0, hopperBox)}, q: a})
		return
	}
	launch(s, "qkv_product", [3]int{ceil(3*h.cols, 128), ceil(h.rows, 128), 1}, 256, largeShared, a)
}

// wholeHeads says whether a kernel's tile holds whole heads of that size.
func (d *device) wholeHeads(HS int) bool {
	return 128%HS == 0 && HS%4 == 0 || d.hopper && HS == 256
}

// pairs is how many numbers of a half of a head may be moved at once: halves of odd length leave every second pair
// unaligned.
func pairs(n heads) int {
	if n.HS%4 == 0 {
		return 2
	}
	return 1
}

// qkvBackwardArguments is QKVBackwardArguments of source/qkv.cu.
type qkvBackwardArguments struct {
	q, k, dq, dk, dv, rq, rk, g, cos, sin, values, ids, dz driver.Pointer
	tokens, t, nh, hs, stride, strideD, c, _               int32
}

// qkvBackward turns dq and dk into the gradients of the product, in place. Where there are value embeddings it adds their gradient
// and the gate's; the gate's part of dh is for gateInput, when dh is there. dz is scratch like g, parts for the gate's
// gradient.
func (s *script) qkvBackward(x, d side, h, rq, rk, g, dz array, parts driver.Pointer, e valueEmbedding, in text, r rotary, n heads) {
	launch(s, fmt.Sprintf("qkv_backward_%d", pairs(n)), line(ceil(x.q.rows*n.NH, rowsPerBlock)), 256, 0,
		qkvBackwardArguments{q: x.q.at, k: x.k.at, dq: d.q.at, dk: d.k.at, dv: d.v.at, rq: rq.at, rk: rk.at, g: g.at, cos: r.cos, sin: r.sin,
			values: e.table.at, ids: in.ids, dz: dz.at, tokens: int32(x.q.rows), t: int32(in.T), nh: int32(n.NH), hs: int32(n.HS),
			stride: int32(x.q.stride), strideD: int32(d.q.stride), c: int32(h.cols)})
	if e.table.at == 0 {
		return
	}
	s.scatter(e.dtable, in, d.v, g.at, n.NH, n.HS)
	blocks := ceil(h.rows, gateTokens)
	launch(s, "gate_weight", line(blocks), 256, 0, gateArguments{dz: dz.at, h: h.at, parts: parts, tokens: int32(h.rows), nh: int32(n.NH),
		gates: int32(n.gates), c: int32(h.cols), perBlock: gateTokens})
	s.addParts(e.dgate.at, parts, n.NH*n.gates, blocks)
}

// gateTokens is how many tokens a block sums for the gate's gradient.
const gateTokens = 1024

// gateArguments is GateArguments of source/qkv.cu.
type gateArguments struct {
	dz, gate, h, parts, dh            driver.Pointer
	tokens, nh, gates, c, perBlock, _ int32
}

// gateInput adds the gate's part to dh.
func (s *script) gateInput(dh, dz array, e valueEmbedding, n heads) {
	launch(s, "gate_input", line(ceil(dh.rows*n.gates, 256)), 256, 0, gateArguments{dz: dz.at, gate: e.gate.at, dh: dh.at,
		tokens: int32(dh.rows), nh: int32(n.NH), gates: int32(n.gates), c: int32(dh.cols)})
}
