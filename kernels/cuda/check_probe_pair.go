//go:build cuda && linux && amd64

package cuda

import (
	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// trialsPairProbe ask what pairs of blocks share and how tiles leave, see source/hopper_pair_probe.cu.
func trialsPairProbe() []trial {
	return []trial{{"a box for two blocks", probePair}, {"a tile that leaves", probeStore}}
}

// pairProbeArguments is PairProbeArguments of source/hopper_pair_probe.cu.
type pairProbeArguments struct {
	maps [1]driver.TensorMap
	out  driver.Pointer
	_    [14]int32
}

// probePair has two pairs of blocks bring a box each for both of their own.
func probePair(b *bench) {
	const rows, columns, answers = hopperCluster * hopperBox, hopperBox, 1 + hopperCluster*hopperBox*hopperBox/2
	numbers := make([]uint16, rows*columns)
	for i := range numbers {
		numbers[i] = uint16(i)
	}
	m, err := b.Map(driver.Tensors{At: put(b, numbers), Columns: columns, Rows: rows, Matrices: 1, RowStride: columns, Box: hopperBox})
	b.write(err)
	a := pairProbeArguments{maps: [1]driver.TensorMap{m}, out: b.alloc(2 * hopperCluster * answers * 4)}
	b.run(func(s *script) {
		launchShape(s, "hopper_probe_pair", driver.Shape{Grid: line(2 * hopperCluster), Threads: 128, Shared: rows*columns*sizeBF16 + 64, Cluster: hopperCluster}, a)
	})
	got := make([]uint32, 2*hopperCluster*answers)
	b.write(driver.Read(b.Device, got, a.out))
	for block := range 2 * hopperCluster {
		if rank := got[block*answers]; rank != uint32(block%hopperCluster) {
			b.Fatalf("block %d has rank %d in its cluster, want %d: mend cluster_rank in pipeline.h, or launch_one in driver/program.go", block, rank, block%hopperCluster)
		}
		for i := range numbers {
			at := swizzled(2 * i)
			if word := got[block*answers+1+at/4]; uint16(word>>(at%4*8)) != numbers[i] {
				b.Fatalf("block %d: row %d, number %d of what both brought is %#x at byte %d, want %#x: mend copy_box_to in pipeline.h (mask, place in the other block)",
					block, i/64, i%64, uint16(word>>(at%4*8)), at, numbers[i])
			}
		}
	}
}

// storeProbeArguments is StoreProbeArguments of source/hopper_pair_probe.cu.
type storeProbeArguments struct {
	maps                         [1]driver.TensorMap
	row, column, matrix, columns int32
	_                            [12]int32
}

// probeStore writes tiles of their own rows and columns inside a matrix and across its edges.
func probeStore(b *bench) {
	const matrices, rows, columns, stride, untouched = 2, 300, 264, 272, 0xdead
	for _, corner := range [][3]int{{0, 0, 0}, {8, 16, 1}, {256, 200, 0}} {
		for _, what := range []string{"rows", "columns"} {
			numbers := make([]uint16, matrices*rows*stride)
			for i := range numbers {
				numbers[i] = untouched
			}
			at := put(b, numbers)
			m, err := b.Map(driver.Tensors{At: at, Columns: columns, Rows: rows, Matrices: matrices, RowStride: stride, MatrixStride: rows * stride, Box: hopperBox})
			b.write(err)
			a := storeProbeArguments{maps: [1]driver.TensorMap{m}, column: int32(corner[0]), row: int32(corner[1]), matrix: int32(corner[2]), columns: flag(what == "columns")}
			b.run(func(s *script) { launch(s, "hopper_probe_store", line(1), hopperThreads, hopperStores, a) })
			b.write(driver.Read(b.Device, numbers, at))
			for i, got := range numbers {
				column, row, want := i%stride-corner[0], i/stride%rows-corner[1], uint16(untouched)
				if i/stride/rows == corner[2] && row >= 0 && row < hopperRows && column >= 0 && column < hopperColumns && i%stride < columns {
					want = toBF16(float32(map[string]int{"rows": row, "columns": column}[what]))
				}
				if got != want {
					b.Fatalf("a tile of its %s at column, row, matrix %v: row %d, column %d of it is %#x, want %#x: mend store_matrices or store_box in pipeline.h, or the swizzle in hopper_store.h",
						what, corner, row, column, got, want)
				}
			}
		}
	}
}
