// Small questions to a device of compute capability 9.0, as in probe.cu: phases of a barrier, one box of a bulk copy, one product for every
// kind of descriptor, and registers that move between warpgroups. Never run on a GPU.
#include "hopper.h"
#include "pipeline.h"

struct BarrierProbeArguments {
  u32 *out;  // seven answers
};

// Which phases are over: at first (parity 1, parity 0), after the one arrival (0, 1), while bytes are missing (1, 0).
KERNEL(32) hopper_probe_barrier(BarrierProbeArguments a) {
  Barrier *b = (Barrier *)dynamic_shared();
  if (threadIdx.x != 0) return;
  barrier_begin(b, 1);
  barriers_begun();
  a.out[0] = barrier_over(b, 1);
  a.out[1] = barrier_over(b, 0);
  barrier_arrive(b);
  a.out[2] = barrier_over(b, 0);
  a.out[3] = barrier_over(b, 1);
  barrier_expect(b, 128);
  a.out[4] = barrier_over(b, 1);
  a.out[5] = barrier_over(b, 0);
  a.out[6] = shared_address(b) % 1024;
}
EXPORT(hopper_probe_barrier)

struct BoxProbeArguments {
  TensorMap maps[1];
  u32 *out;  // the box as it lies in shared memory
  int column, row, matrix, bytes;
};

DEVICE void probe_box(const TensorMap *maps, const BoxProbeArguments &a) {
  char *tile = dynamic_shared();
  Barrier *b = (Barrier *)(tile + a.bytes);
  if (threadIdx.x == 0) {
    prefetch_map(maps);
    barrier_begin(b, 1);
    barriers_begun();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_expect(b, a.bytes);
    copy_box(tile, maps, a.column, a.row, a.matrix, b);
  }
  barrier_wait(b, 0);
  for (int i = threadIdx.x; i < a.bytes / 4; i += 128) a.out[i] = ((const u32 *)tile)[i];
}
WITH_TENSOR_MAPS(hopper_probe_box)
KERNEL(128) hopper_probe_box(BoxProbeArguments a) { probe_box(TENSOR_MAPS(hopper_probe_box, a), a); }
EXPORT(hopper_probe_box)

struct ProductProbeArguments {
  const u32 *a, *b;  // 64 x 64 and 64 x N as they are to lie in shared memory; a for _registers: of each thread four words for every 16 of K
  float *d;          // of each thread N / 2
};

template <int BYTES> DEVICE void lay(char *to, const u32 *from) {
  for (int i = threadIdx.x; i < BYTES / 4; i += 128) ((u32 *)to)[i] = from[i];
}

template <int N, bool REGISTERS, bool A, bool B> DEVICE void probe_product(const ProductProbeArguments &p) {
  const int DEPTH = 64;
  char *a = dynamic_shared(), *b = a + 64 * DEPTH * 2;
  if (!REGISTERS) lay<64 * DEPTH * 2>(a, p.a);
  lay<N * DEPTH * 2>(b, p.b);
  written_for_copies();
  __syncthreads();
  float d[N / 2];
  u32 rows[DEPTH / 16][4];
#pragma unroll
  for (int i = 0; i < DEPTH / 4; i++) rows[i / 4][i % 4] = REGISTERS ? p.a[threadIdx.x * (DEPTH / 4) + i] : 0;
  group_begin();
#pragma unroll
  for (int k = 0; k < DEPTH; k += 16) {
    u64 of_b = B ? along_rows(b, 2 * k) : across_rows(b, DEPTH, k);
    if constexpr (REGISTERS) group_multiply<N, B>(d, rows[k / 16], of_b, k > 0);
    else group_multiply<N, A, B>(d, A ? along_rows(a, 2 * k) : across_rows(a, DEPTH, k), of_b, k > 0);
  }
  group_commit();
  group_wait<0>();
  group_done(d);
#pragma unroll
  for (int i = 0; i < N / 2; i++) p.d[(size_t)threadIdx.x * (N / 2) + i] = d[i];
}

#define PRODUCT_PROBE(name, N, REGISTERS, A, B) \
  KERNEL(128) hopper_probe_##name##_##N(ProductProbeArguments p) { probe_product<N, REGISTERS, A, B>(p); } \
  EXPORT(hopper_probe_##name##_##N)
PRODUCT_PROBE(nt, 64, false, true, true)
PRODUCT_PROBE(nt, 128, false, true, true)
PRODUCT_PROBE(nt, 256, false, true, true)
PRODUCT_PROBE(nn, 256, false, true, false)
PRODUCT_PROBE(tn, 256, false, false, false)
PRODUCT_PROBE(registers, 64, true, true, false)
PRODUCT_PROBE(registers, 128, true, true, false)

// One warpgroup gives registers up and two take them, as in products; it hangs where they may not.
SHARING_KERNEL(384, 1) hopper_probe_exchange(BarrierProbeArguments a) {
  if (threadIdx.x / 128 == 0) {
    give_registers<40>();
    a.out[threadIdx.x] = 1;
    return;
  }
  take_registers<232>();
  a.out[threadIdx.x] = 2;
}
EXPORT(hopper_probe_exchange)
