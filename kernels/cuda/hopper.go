//go:build cuda && linux && amd64

package cuda

import (
	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// Products on compute capability 9.0: tiles of 128 x 256, 64 deep, that bulk copies bring to clusters of two blocks; see
// source/hopper_product.h.
const (
	hopperRows, hopperColumns, hopperDepth, hopperThreads, hopperCluster = 128, 256, 64, 384, 2
	// hopperShare is how many columns of b a block brings for all of its cluster.
	hopperShare = hopperColumns / hopperCluster
	// Four stages, and the barriers behind them.
	hopperShared = 4*(hopperRows+hopperColumns)*hopperDepth*sizeBF16 + 128
	// The same, and places for what leaves by bulk copies in boxes of 64 x 64, two for each warpgroup that multiplies; see
	// source/hopper_store.h.
	hopperBox    = 64
	hopperStores = hopperShared - 128 + 1024 + 2*2*hopperBox*hopperBox*sizeBF16
)

// forHopper says whether a product of that width suits tiles of such size: all strides and places must be multiples of 8.
func (s *script) forHopper(M, N, width int) bool {
	return s.hopper && M >= 128 && N >= 128 && width == 8
}

// launchProduct appends a kernel whose clusters stay on the multiprocessors, one block each, and take one pair of tiles after the other.
func launchProduct[T any](s *script, name string, M, N, count, shared int, arguments T) {
	clusters := min(max(s.Multiprocessors/hopperCluster, 1), ceil(M, hopperCluster*hopperRows)*ceil(N, hopperColumns)*count)
	launchShape(s, name, driver.Shape{Grid: line(clusters * hopperCluster), Threads: hopperThreads, Shared: shared, Cluster: hopperCluster}, arguments)
}

// tensors is how copies see an array of bfloat16 in boxes of so many rows; a batch has count matrices that lie `batch` numbers apart. The
// first error stays.
func (s *script) tensors(a array, count, batch, box int) driver.TensorMap {
	m, err := s.Map(driver.Tensors{At: a.at, Columns: a.cols, Rows: a.rows, Matrices: count, RowStride: a.stride, MatrixStride: batch, Box: box})
	if s.err == nil {
		s.err = err
	}
	return m
}

// hopperMatrixArguments is HopperMatrixArguments of source/hopper_matrix.cu.
type hopperMatrixArguments struct {
	maps  [4]driver.TensorMap
	m     matrixArguments
	count int32
	_     [5]int32
}

var epilogueNames = [...]string{store: "store", addAux: "add", relu2: "relu2", relu2Backward: "relu2_backward", blend: "blend", accumulate: "accumulate", partial: "partial"}

// multiplyHopper appends what multiply does; e is whole. Where K is not contiguous, a box is 64 of M or N wide and a stage deep.
func (s *script) multiplyHopper(l form, d, a, b array, count int, e matrixArguments) {
	boxA, boxB, matrices, shared := hopperRows, hopperShare, count, hopperShared
	if l == tn {
		boxA = hopperDepth
	}
	if l != nt {
		boxB = hopperDepth
	}
	if e.part > 0 {
		matrices = 1
	}
	maps := [4]driver.TensorMap{s.tensors(a, matrices, int(e.batchA), boxA), s.tensors(b, matrices, int(e.batchB), boxB)}
	if e.epilogue == store || e.epilogue == relu2 {
		shared = hopperStores
		maps[2] = s.tensors(d, count, int(e.batchD), hopperBox)
	}
	if e.epilogue == relu2 {
		d.at = e.u
		maps[3] = s.tensors(d, count, int(e.batchD), hopperBox)
	}
	launchProduct(s, "hopper_matrix_"+string(l)+"_"+epilogueNames[e.epilogue], int(e.m), int(e.n), count, shared,
		hopperMatrixArguments{maps: maps, m: e, count: int32(count)})
}

// hopperLossArguments is HopperLossArguments of source/hopper_loss.cu.
type hopperLossArguments struct {
	maps [3]driver.TensorMap
	l    lossArguments
	_    [10]int32
}

// hopperQKVArguments is HopperQKVArguments of source/hopper_qkv.cu.
type hopperQKVArguments struct {
	maps [3]driver.TensorMap
	q    qkvProductArguments
	_    [2]int32
}
