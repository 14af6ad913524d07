//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// hopperOwn is how many rows of a head a block of attention's kernels for compute capability 9.0 takes.
const hopperOwn = 128

// attendsHopper says whether those kernels serve heads of that size.
func (d *device) attendsHopper(n heads) bool { return d.hopper && (n.HS == 64 || n.HS == 128) }

// ring is what such a kernel keeps in shared memory, in bytes: tiles of its own rows, and stages of two tiles of the rows that pass, with
// so many floats a row, and the barriers. See source/hopper_attention.h.
func ring(HS, own, rows, stages, terms int) int {
	return (own*hopperOwn+2*stages*rows)*HS*sizeBF16 + terms*stages*rows*sizeFloat + (2*stages+2)*8
}

// rowsOf is how copies see the rows of heads in boxes of so many rows: a matrix is a sequence.
func (s *script) rowsOf(a array, T, box int) driver.TensorMap {
	m := array{a.at, T, a.cols, a.stride}
	return s.tensors(m, a.rows/T, T*a.stride, box)
}

// overGroups is a persistent grid over all groups of rows.
func (s *script) overGroups(rows, T int, n heads) [3]int {
	return line(min(s.Multiprocessors, ceil(T, hopperOwn)*n.NH*(rows/T)))
}

// hopperAttentionArguments is HopperAttentionArguments of source/hopper_attention.cu.
type hopperAttentionArguments struct {
	maps      [3]driver.TensorMap
	a         attentionArguments
	sequences int32
	_         [13]int32
}

// attentionHopper appends what attention does.
func (s *script) attentionHopper(x side, T int, n heads, a attentionArguments) {
	const keys = 128
	stages := map[int]int{64: 4, 128: 3}[n.HS]
	launch(s, fmt.Sprintf("hopper_attention_%d", n.HS), s.overGroups(x.q.rows, T, n), hopperThreads, ring(n.HS, 1, keys, stages, 0),
		hopperAttentionArguments{maps: [3]driver.TensorMap{s.rowsOf(x.q, T, hopperOwn), s.rowsOf(x.k, T, keys), s.rowsOf(x.v, T, keys)}, a: a,
			sequences: int32(x.q.rows / T)})
}

// hopperAttentionBackwardArguments is HopperAttentionBackwardArguments of source/hopper_attention_backward.cu.
type hopperAttentionBackwardArguments struct {
	maps      [4]driver.TensorMap
	a         attentionBackwardArguments
	sequences int32
	_         int32
}

// attentionBackwardHopper appends the two kernels of gradients. The rows that pass, keys or queries, are as many as leave the sums in registers.
func (s *script) attentionBackwardHopper(x side, dy array, T int, n heads, a attentionBackwardArguments) {
	rows, stages := 64, 4
	if n.HS == 128 {
		stages = 3
	}
	run := func(name string, own, passing [2]array, terms int) {
		maps := [4]driver.TensorMap{s.rowsOf(own[0], T, hopperOwn), s.rowsOf(own[1], T, hopperOwn), s.rowsOf(passing[0], T, rows), s.rowsOf(passing[1], T, rows)}
		launch(s, fmt.Sprintf("hopper_%s_%d", name, n.HS), s.overGroups(x.q.rows, T, n), hopperThreads, ring(n.HS, 2, rows, stages, terms),
			hopperAttentionBackwardArguments{maps: maps, a: a, sequences: int32(x.q.rows / T)})
	}
	run("query_gradient", [2]array{x.q, dy}, [2]array{x.k, x.v}, 0)
	run("key_gradient", [2]array{x.k, x.v}, [2]array{x.q, dy}, 2)
}
