//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// attentionArguments is AttentionArguments of source/attention.cu.
type attentionArguments struct {
	q, k, v, y, lse   driver.Pointer
	t, nh, hs, window int32
	stride, strideY   int32
	scale             float32
	_                 int32
}

const attentionRows = 64 // queries, or keys, of a block

// headWidth says which kernels serve a head size: the power of two it is rounded up to, and how many numbers they move at
// once; an error where none does.
func headWidth(HS int) (d, w int, err error) {
	d = 16
	for d < HS {
		d *= 2
	}
	w = width(HS)
	if d > 256 || w == 2 && d > 64 {
		return 0, 0, fmt.Errorf("HEAD_DIM is %d, want at most 256 on this device, and a multiple of 8 where it is above 64", HS)
	}
	return d, w, nil
}

// moving is how many rows pass by the block's own at a time.
func moving(d int) int {
	if d == 256 {
		return 32
	}
	return 64
}

// movingBack is the same for gradients, which keep more sums in registers: keys that pass by queries, and queries that pass by
// keys.
func movingBack(d int) (keys, queries int) {
	switch d {
	case 256:
		return 16, 16
	case 128:
		return 32, 16
	}
	return 64, 64
}

func scoreScale(HS int) float32 { return float32(1 / math.Sqrt(float64(HS))) }

// attention appends y and lse for sequences of T tokens.
func (s *script) attention(x side, y, lse array, T, window int, n heads) {
	d, w, err := headWidth(n.HS)
	if err != nil {
		panic(err)
	}
	a := attentionArguments{q: x.q.at, k: x.k.at, v: x.v.at, y: y.at, lse: lse.at, t: int32(T), nh: int32(n.NH), hs: int32(n.HS), window: int32(window),
		stride: int32(x.q.stride), strideY: int32(y.stride), scale: scoreScale(n.HS)}
	if s.attendsHopper(n) {
		s.attentionHopper(x, T, n, a)
		return
	}
	shared := (attentionRows + 4*moving(d)) * d * sizeBF16
	launch(s, fmt.Sprintf("attention_%d_%d", d, w), [3]int{ceil(T, attentionRows), n.NH, y.rows / T}, 128, shared, a)
}

// attentionBackwardArguments is AttentionBackwardArguments of source/attention_backward.cu.
type attentionBackwardArguments struct {
	q, k, v, y, dy, dq, dk, dv, lse, along driver.Pointer
	t, nh, hs, window                      int32
	stride, strideY, strideD               int32
	scale                                  float32
	tokens, _                              int32
}

// attentionBackward sets the gradients in d. along is scratch like lse.
func (s *script) attentionBackward(x, d side, y, dy, lse, along array, T, window int, n heads) {
	size, w, err := headWidth(n.HS)
	if err != nil {
		panic(err)
	}
	a := attentionBackwardArguments{q: x.q.at, k: x.k.at, v: x.v.at, y: y.at, dy: dy.at, dq: d.q.at, dk: d.k.at, dv: d.v.at, lse: lse.at,
		along: along.at, t: int32(T), nh: int32(n.NH), hs: int32(n.HS), window: int32(window), stride: int32(x.q.stride), strideY: int32(y.stride),
		strideD: int32(d.q.stride), scale: scoreScale(n.HS), tokens: int32(y.rows)}
	launch(s, "attention_along_2", line(ceil(y.rows*n.NH, 8)), 256, 0, a)
	if s.attendsHopper(n) {
		s.attentionBackwardHopper(x, dy, T, n, a)
		return
	}
	grid := [3]int{ceil(T, attentionRows), n.NH, y.rows / T}
	k, q := movingBack(size)
	launch(s, fmt.Sprintf("query_gradient_%d_%d", size, w), grid, 128, (2*attentionRows+4*k)*size*sizeBF16, a)
	threads := 128
	if size == 256 {
		threads = 256
	}
	launch(s, fmt.Sprintf("key_gradient_%d_%d", size, w), grid, threads, (2*attentionRows+4*q)*size*sizeBF16+2*q*sizeFloat, a)
}
