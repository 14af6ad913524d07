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

// lossTile is a tile of logits and the kernels that make it. It depends on nothing but the model and the device, because the order
// of a row's sum does.
type lossTile struct {
	name                        string
	rows, cols, threads, shared int
	hopper                      bool
}

func (d *device) lossTile(V, C int) lossTile {
	w := width(C)
	switch {
	case V < 128 || w == 2:
		return lossTile{name: fmt.Sprintf("loss_%%s_small_%d", w), rows: 64, cols: 64, threads: 128, shared: smallShared}
	case d.hopper:
		return lossTile{name: "hopper_loss_%s", rows: hopperRows, cols: hopperColumns, hopper: true}
	}
	return lossTile{name: "loss_%s_large_8", rows: 128, cols: 128, threads: 256, shared: largeShared}
}

// lossTiles is the most tiles side by side that a device's kernels need.
func lossTiles(V int) int { return ceil(V, 64) }

// launchLoss appends the product of h, all of it or a chunk, with the weight by one of a tile's kernels; dz is where slopes go, and empty for
// sums.
func (s *script) launchLoss(tile lossTile, kernel string, h, weight, dz array, a lossArguments) {
	name := fmt.Sprintf(tile.name, kernel)
	if tile.hopper {
		maps, shared := [3]driver.TensorMap{s.tensors(h, 1, 0, hopperRows), s.tensors(weight, 1, 0, hopperShare)}, hopperShared
		if dz.at != 0 {
			maps[2], shared = s.tensors(dz, 1, 0, hopperBox), hopperStores
		}
		launchProduct(s, name, h.rows, weight.rows, 1, shared, hopperLossArguments{maps: maps, l: a})
		return
	}
	launch(s, name, [3]int{ceil(weight.rows, tile.cols), ceil(h.rows, tile.rows), 1}, tile.threads, tile.shared, a)
}

// loss appends the nats of each target. perToken is 1/tokens of an optimizer step, for the gradient that may follow.
func (s *script) loss(h, weight array, in text, nats array, l lossScratch, perToken float32) {
	tile := s.lossTile(weight.rows, h.cols)
	s.launchLoss(tile, "sums", h, weight, array{}, lossArguments{h: h.at, w: weight.at, ids: in.ids, sums: l.sums.at, logits: l.logits.at,
		tokens: int32(h.rows), t: int32(in.T), c: int32(h.cols), v: int32(weight.rows)})
	launch(s, "loss_nats", line(ceil(h.rows, 256)), 256, 0, natsArguments{sums: l.sums.at, logits: l.logits.at, nats: nats.at,
		inverse: l.inverse.at, tokens: int32(h.rows), tiles: int32(ceil(weight.rows, tile.cols)), perToken: perToken})
}

// lossBackward sets dh and adds to the gradient g of the weight, after loss, a chunk of tokens at a time. parts is scratch for
// gradient.
func (s *script) lossBackward(h, weight, dh, g array, in text, l lossScratch, parts array, perToken float32) {
	tile := s.lossTile(weight.rows, h.cols)
	for first := 0; first < h.rows; first += l.slopes.rows {
		rows := min(l.slopes.rows, h.rows-first)
		dz := l.slopes
		dz.rows = rows
		s.launchLoss(tile, "slope", some(h, first, rows), weight, dz, lossArguments{h: h.at, w: weight.at,
			ids: in.ids, inverse: l.inverse.at, dz: l.slopes.at, tokens: int32(h.rows), t: int32(in.T), c: int32(h.cols), v: int32(weight.rows),
			first: int32(first), rows: int32(rows), stride: int32(l.slopes.stride), perToken: perToken})
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
