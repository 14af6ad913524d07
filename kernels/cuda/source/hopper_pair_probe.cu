// Small questions to a device of compute capability 9.0, as in hopper_probe.cu, about what pairs of blocks share and how tiles leave. Never
// run on a GPU.
#include "hopper_store.h"

struct PairProbeArguments {
  TensorMap maps[1];
  u32 *out;  // of each block: its rank, and both boxes as they lie in its shared memory
};

// Each block brings one box of 64 rows for both, and neither leaves before the other has said that it has seen them.
DEVICE void probe_pair(const TensorMap *maps, const PairProbeArguments &a) {
  char *tile = dynamic_shared();
  Barrier *full = (Barrier *)(tile + CLUSTER * BOX_BYTES), *seen = full + 1;
  int rank = cluster_rank();
  if (threadIdx.x == 0) {
    barrier_begin(full, 1);
    barrier_begin(seen, CLUSTER);
    barriers_begun();
  }
  cluster_begun();
  if (threadIdx.x == 0) {
    barrier_expect(full, CLUSTER * BOX_BYTES);
    copy_box_to(tile + rank * BOX_BYTES, maps, 0, rank * BOX, 0, full, (1 << CLUSTER) - 1);
  }
  barrier_wait(full, 0);
  u32 *out = a.out + blockIdx.x * (1 + CLUSTER * BOX_BYTES / 4);
  if (threadIdx.x == 0) out[0] = rank;
  for (int i = threadIdx.x; i < CLUSTER * BOX_BYTES / 4; i += 128) out[1 + i] = ((const u32 *)tile)[i];
  if (threadIdx.x < CLUSTER) barrier_arrive_at(seen, threadIdx.x);
  barrier_wait(seen, 0);
}
WITH_TENSOR_MAPS(hopper_probe_pair)
KERNEL(128) hopper_probe_pair(PairProbeArguments a) { probe_pair(TENSOR_MAPS(hopper_probe_pair, a), a); }
EXPORT(hopper_probe_pair)

struct StoreProbeArguments {
  TensorMap maps[1];
  int row, column, matrix, columns;  // where a tile of 128 x 256 goes; its numbers are their columns, or else their rows
};

DEVICE void probe_store(const TensorMap *maps, const StoreProbeArguments &a) {
  int group = (int)threadIdx.x / 128 - 1, first = 64 * group + warp() % 4 * 16 + lane() / 4;
  if (group < 0) return;
  store_tile(maps, a.row + 64 * group, a.column, a.matrix, [&](int i) INLINE {
    return (float)(a.columns ? i / 4 * 8 + lane() % 4 * 2 + i % 2 : first + i / 2 % 2 * 8);
  });
  stores_read<0>();
}
WITH_TENSOR_MAPS(hopper_probe_store)
KERNEL(384) hopper_probe_store(StoreProbeArguments a) { probe_store(TENSOR_MAPS(hopper_probe_store, a), a); }
EXPORT(hopper_probe_store)
