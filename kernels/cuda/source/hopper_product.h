// The inner part of matrix products on Hopper, as product.h is elsewhere: a block's tile of a*b by wgmma, laid in shared memory.
//
// A block of two warpgroups makes 128 x 256: each warpgroup 64 rows, as two instructions of 128 columns for every 16 of K. Four
// stages 64 deep are filled by asynchronous copies two stages ahead: the stage that a copy overwrites was last read two steps ago,
// and every warpgroup waits for those instructions before the barrier that lets the copy begin.
#pragma once
#include "hopper.h"

const int BM = 128, BN = 256, BK = 64, STAGES = 4, AHEAD = 2, THREADS = 256;
const int STAGE = (BM + BN) * ROW_BYTES;  // bytes
const int ROW = BN + 8;                   // floats of a row of the finished tile

struct Operand {
  const bf16 *at;
  int stride, rows;  // stride a multiple of 8; rows: of M or N
};

// Starts to fill one operand of a stage, see hopper.h for where things lie.
template <int R, bool CONTIGUOUS> DEVICE void fill(char *tile, const Operand &o, int row0, int k0, int end) {
  for (int c = threadIdx.x; c < R * 8; c += THREADS) {
    const bf16 *at;
    char *to;
    int valid;
    if (CONTIGUOUS) {
      int r = c / 8, q = c % 8, k = k0 + 8 * q;
      valid = row0 + r < o.rows ? minimum(maximum(2 * (end - k), 0), 16) : 0;
      at = o.at + (size_t)(row0 + r) * o.stride + k;
      to = tile + r * ROW_BYTES + (q ^ (r & 7)) * 16;
    } else {
      int r = c / (R / 8), q = c % (R / 8), row = row0 + 8 * q;
      valid = k0 + r < end ? minimum(maximum(2 * (o.rows - row), 0), 16) : 0;
      at = o.at + (size_t)(k0 + r) * o.stride + row;
      to = tile + q / 8 * ATOM_BYTES + r * ROW_BYTES + (q % 8 ^ (r & 7)) * 16;
    }
    copy_async_16(to, valid > 0 ? at : o.at, valid);
  }
}

// The operand's descriptor for rows from `row` on (a multiple of 64), at depth k (of 16) of a stage.
template <bool CONTIGUOUS> DEVICE u64 place(const char *tile, int row, int k) {
  if (CONTIGUOUS) return descriptor(tile + row * ROW_BYTES + 2 * k, true);
  return descriptor(tile + row / 64 * ATOM_BYTES + k * ROW_BYTES, false);
}

// Computes the block's tile at (m0, n0) over K from `begin` to `end`, and returns it as BM rows of ROW floats in shared memory, of
// which there are STAGES*STAGE bytes.
template <bool A, bool B> DEVICE float *product(const Operand &a, const Operand &b, int m0, int n0, int begin, int end) {
  char *shared = dynamic_shared();
  int group = threadIdx.x / 128, steps = (end - begin + BK - 1) / BK;
  auto start = [&](int step) {
    int k = begin + step * BK;
    if (k < end) {
      char *stage = shared + step % STAGES * STAGE;
      fill<BM, A>(stage, a, m0, k, end);
      fill<BN, B>(stage + BM * ROW_BYTES, b, n0, k, end);
    }
    copy_commit();
  };
  float d[2][64];
#pragma unroll
  for (int i = 0; i < 64; i++) d[0][i] = d[1][i] = 0.f;
  for (int step = 0; step < AHEAD; step++) start(step);
  for (int step = 0; step < steps; step++) {
    copy_wait<AHEAD - 1>();
    publish();
    __syncthreads();
    start(step + AHEAD);
    const char *stage = shared + step % STAGES * STAGE;
    group_begin();
#pragma unroll
    for (int k = 0; k < BK; k += 16) {
      u64 left = place<A>(stage, 64 * group, k);
      group_multiply<A, B>(d[0], left, place<B>(stage + BM * ROW_BYTES, 0, k));
      group_multiply<A, B>(d[1], left, place<B>(stage + BM * ROW_BYTES, 128, k));
    }
    group_commit();
    group_wait<1>();
  }
  group_wait<0>();
  copy_wait<0>();
  __syncthreads();
  float *tile = (float *)shared;
  int r = 64 * group + warp() % 4 * 16 + lane() / 4, c = lane() % 4 * 2;
#pragma unroll
  for (int i = 0; i < 2; i++)
#pragma unroll
    for (int j = 0; j < 16; j++)
#pragma unroll
      for (int h = 0; h < 2; h++)
        *(u32x2 *)(tile + (r + 8 * h) * ROW + 128 * i + 8 * j + c) = {to_bits(d[i][4 * j + 2 * h]), to_bits(d[i][4 * j + 2 * h + 1])};
  __syncthreads();
  return tile;
}
