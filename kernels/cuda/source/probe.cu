// Small questions to a device: what single instructions do, in the smallest kernels that use them. A check of a GPU asks them first, so that it
// names an instruction that is not as these sources believe before it names a kernel that is wrong. Never run on a GPU.
#include "device.h"

struct FunctionsArguments {
  const float *x;
  float *out;  // a row of n for each function
  int n, unused;
};

KERNEL(128) probe_functions(FunctionsArguments a) {
  int i = blockIdx.x * 128 + threadIdx.x;
  if (i >= a.n) return;
  float x = a.x[i], all[6] = {exp2_fast(x), log2_fast(x), reciprocal(x), square_root(x), tanh_fast(x), widen(narrow(x))};
#pragma unroll
  for (int f = 0; f < 6; f++) a.out[(size_t)f * a.n + i] = all[f];
}
EXPORT(probe_functions)

struct FragmentsArguments {
  const bf16 *matrices;  // four of 8x8
  const u32 *operands;   // of each lane six words: a and b of multiply()
  u32 *loaded;           // of each lane eight: load_matrices, load_matrices_transposed
  float *product;        // of each lane four
};

KERNEL(32) probe_fragments(FragmentsArguments a) {
  bf16 *rows = (bf16 *)dynamic_shared();
  int l = lane();
  for (int i = 0; i < 8; i++) rows[8 * l + i] = a.matrices[8 * l + i];
  __syncthreads();
  u32 by_rows[4], by_columns[4], operand[4];
  load_matrices(by_rows, rows + 8 * l);
  load_matrices_transposed(by_columns, rows + 8 * l);
  for (int i = 0; i < 4; i++) operand[i] = a.operands[6 * l + i];
  float d[4] = {0.f, 0.f, 0.f, 0.f};
  multiply(d, operand, a.operands[6 * l + 4], a.operands[6 * l + 5]);
  for (int i = 0; i < 4; i++) {
    a.loaded[8 * l + i] = by_rows[i];
    a.loaded[8 * l + 4 + i] = by_columns[i];
    a.product[4 * l + i] = d[i];
  }
}
EXPORT(probe_fragments)

struct CopiesArguments {
  const u32 *from;  // 160 words
  u32 *to;          // the same, and 64 sums
};

// Two groups of asynchronous copies, parts of which are to become zeros, each read when it is waited for; and sums over lanes.
KERNEL(32) probe_copies(CopiesArguments a) {
  u32 *tile = (u32 *)dynamic_shared();
  int l = lane();
  copy_async_16(tile + 4 * l, a.from + 4 * l, l % 2 ? 16 : 6);
  copy_commit();
  copy_async_4(tile + 128 + l, a.from + 128 + l, l % 2 ? 4 : 0);
  copy_commit();
  copy_wait<1>();
  for (int i = 0; i < 4; i++) a.to[4 * l + i] = tile[4 * l + i];
  copy_wait<0>();
  a.to[128 + l] = tile[128 + l];
  a.to[160 + l] = (u32)warp_sum((float)(l + 1));
  a.to[192 + l] = (u32)quad_sum((float)l);
}
EXPORT(probe_copies)
