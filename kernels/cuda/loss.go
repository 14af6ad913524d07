//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// lossArguments is LossArguments of source/loss.cu.
type lossArguments struct {
	h, w, ids, sums, logits, inverse, dz driver.Pointer
	tokens, t, c, v, first, rows, stride int32
	perToken                             float32
}

// natsArguments is NatsArguments of source/loss.cu.
type natsArguments struct {
	sums, logits, nats, inverse driver.Pointer
	tokens, tiles               int32
	perToken                    float32
	_                           int32
}

// lossScratch is memory of the loss. chunk rows of slopes exist at once.
type lossScratch struct {
	sums            array // float32, tokens x lossTiles
	logits, inverse array // float32, tokens
	slopes          array // bfloat16, chunk x V
}

// lossTile is the width of a tile of logits. It depends on nothing but the model, because the order of a row's sum does.
func lossTile(V, C int) (tile, threads, shared int, name string) {
	if w := width(C); V < 128 || w == 2 {
		return 64, 128, smallShared, fmt.Sprintf("small_%d", w)
	}
	return 128, 256, largeShared, "large_8"
}

func lossTiles(V, C int) int {
	tile, _, _, _ := lossTile(V, C)
	return ceil(V, tile)
}

// loss appends the nats of each target. perToken is 1/tokens of an optimizer step, for the gradient that may follow.
func (s *script) loss(h, weight array, in text, nats array, l lossScratch, perToken float32) {
	tile, threads, shared, name := lossTile(weight.rows, h.cols)
	tiles := ceil(weight.rows, tile)
	launch(s, "loss_sums_"+name, [3]int{tiles, ceil(h.rows, tile), 1}, threads, shared, lossArguments{h: h.at, w: weight.at, ids: in.ids,
		sums: l.sums.at, logits: l.logits.at, tokens: int32(h.rows), t: int32(in.T), c: int32(h.cols), v: int32(weight.rows)})
	launch(s, "loss_nats", line(ceil(h.rows, 256)), 256, 0, natsArguments{sums: l.sums.at, logits: l.logits.at, nats: nats.at,
		inverse: l.inverse.at, tokens: int32(h.rows), tiles: int32(tiles), perToken: perToken})
}

// lossBackward sets dh and adds to the gradient g of the weight, after loss, a chunk of tokens at a time. parts is scratch for
// gradient.
func (s *script) lossBackward(h, weight, dh, g array, in text, l lossScratch, parts array, perToken float32) {
	tile, threads, shared, name := lossTile(weight.rows, h.cols)
	for first := 0; first < h.rows; first += l.slopes.rows {
		rows := min(l.slopes.rows, h.rows-first)
		launch(s, "loss_slope_"+name, [3]int{ceil(weight.rows, tile), ceil(rows, tile), 1}, threads, shared, lossArguments{h: h.at, w: weight.at,
			ids: in.ids, inverse: l.inverse.at, dz: l.slopes.at, tokens: int32(h.rows), t: int32(in.T), c: int32(h.cols), v: int32(weight.rows),
			first: int32(first), rows: int32(rows), stride: int32(l.slopes.stride), perToken: perToken})
		dz := l.slopes
		dz.rows = rows
		s.multiply(nn, some(dh, first, rows), dz, weight, 1, matrixArguments{})
		s.gradient(g, dz, some(h, first, rows), parts)
	}
}

// some is a run of rows of an array of bfloat16.
func some(a array, first, rows int) array {
	a.at += driver.Pointer(first * a.stride * sizeBF16)
	a.rows = rows
	return a
}
