// The inner part of every matrix product: a block's tile of a*b in registers, from bf16 with float32 accumulation.
//
// Rows of a and columns of b run along M and N; both run along K. Either operand may lie in memory with K contiguous ("by
// rows" of the product's view: a is M x K, b is N x K) or with K as the slow index (a is K x M, b is K x N). The three that
// the model needs: NT, both K contiguous; NN, a K contiguous; TN, neither.
//
// Four stages of 32 along K wait in shared memory, filled by asynchronous copies of 16 bytes (of 4 where a row is not a multiple
// of 16 bytes), swizzled so that the eight rows of a load_matrices fall into different banks. Each number's products are added
// in ascending K, 16 at a time, whatever the tile, so its bits do not depend on the shape of the launch.
#pragma once
#include "device.h"

const int STAGES = 4, DEPTH = 32;  // DEPTH: of a stage, along K

template <int BM_, int BN_, int WM_, int WN_, bool A_, bool B_, int W_> struct Tile {
  static const int BM = BM_, BN = BN_;  // of the block
  static const int WM = WM_, WN = WN_;  // of a warp
  static const bool A = A_, B = B_;     // K contiguous
  static const int W = W_;              // numbers per copy: 8 or 2
  static const int THREADS = (BM / WM) * (BN / WN) * WARP;
  static const int STAGE = (BM + BN) * DEPTH;  // numbers
  static const int ROW = BN + 8;               // floats of a row of the finished tile, see spread()
};

// The numbers that a warp's lane holds: for i, j the four of multiply() at rows 16i, columns 8j of the warp's tile.
template <class T> struct Sums {
  float v[T::WM / 16][T::WN / 8][4];
};

struct Operand {
  const bf16 *at;
  int stride, rows;  // rows: of M or N
};

template <int W> DEVICE void copy_chunk(bf16 *to, const bf16 *from, const bf16 *safe, int valid) {
  if (W == 8) {
    copy_async_16(to, valid > 0 ? from : safe, valid);
    return;
  }
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int v = minimum(maximum(valid - 4 * i, 0), 4);
    copy_async_4(to + 2 * i, v > 0 ? from + 2 * i : safe, v);
  }
}

// Starts to fill one operand's part of a stage: R rows from row0 on, K from k0 on and before `end`. Beyond either it is zero.
template <int R, bool CONTIGUOUS, int W, int THREADS>
DEVICE void fill(bf16 *stage, const Operand &o, int row0, int k0, int end) {
#pragma unroll
  for (int c = threadIdx.x; c < R * DEPTH / 8; c += THREADS) {
    if (CONTIGUOUS) {
      int r = c / 4, q = c % 4, k = k0 + 8 * q;
      int valid = row0 + r < o.rows ? minimum(maximum(2 * (end - k), 0), 16) : 0;
      copy_chunk<W>(stage + r * DEPTH + (q ^ (r >> 1 & 3)) * 8, o.at + (size_t)(row0 + r) * o.stride + k, o.at, valid);
    } else {
      int r = c / (R / 8), q = c % (R / 8), row = row0 + 8 * q;
      int valid = k0 + r < end ? minimum(maximum(2 * (o.rows - row), 0), 16) : 0;
      copy_chunk<W>(stage + r * R + (q ^ (r & 7)) * 8, o.at + (size_t)(k0 + r) * o.stride + row, o.at, valid);
    }
  }
}

// The 16 x 16 part of a at row m, depth k of a stage, as multiply() wants it.
template <int R, bool CONTIGUOUS> DEVICE void take_a(u32 f[4], const bf16 *stage, int m, int k) {
  int l = lane();
  if (CONTIGUOUS) {
    int r = m + (l & 15), q = (k >> 3) + (l >> 4);
    load_matrices(f, stage + r * DEPTH + (q ^ (r >> 1 & 3)) * 8);
  } else {
    int r = k + (l & 7) + (l >> 4) * 8, q = (m >> 3) + (l >> 3 & 1);
    load_matrices_transposed(f, stage + r * R + (q ^ (r & 7)) * 8);
  }
}

// The 16 x 16 part of b at column n, depth k: f[0], f[1] for columns n to n+7, f[2], f[3] for the next eight.
template <int R, bool CONTIGUOUS> DEVICE void take_b(u32 f[4], const bf16 *stage, int n, int k) {
  int l = lane();
  if (CONTIGUOUS) {
    int r = n + (l & 7) + (l >> 4) * 8, q = (k >> 3) + (l >> 3 & 1);
    load_matrices(f, stage + r * DEPTH + (q ^ (r >> 1 & 3)) * 8);
  } else {
    int r = k + (l & 15), q = (n >> 3) + (l >> 4);
    load_matrices_transposed(f, stage + r * R + (q ^ (r & 7)) * 8);
  }
}

// Where a warp's tile begins within the block's.
template <class T> DEVICE int warp_row() { return warp() / (T::BN / T::WN) * T::WM; }
template <class T> DEVICE int warp_column() { return warp() % (T::BN / T::WN) * T::WN; }

// Computes the block's tile at (m0, n0) over K from `begin` to `end`. `shared` holds STAGES*T::STAGE numbers, and at least
// T::BM*T::ROW floats where spread() follows.
template <class T> DEVICE void product(Sums<T> &s, char *shared, const Operand &a, const Operand &b, int m0, int n0, int begin, int end) {
  bf16 *stages = (bf16 *)shared;
  auto start = [&](int step) {
    int k = begin + step * DEPTH;
    if (k < end) {
      bf16 *stage = stages + step % STAGES * T::STAGE;
      fill<T::BM, T::A, T::W, T::THREADS>(stage, a, m0, k, end);
      fill<T::BN, T::B, T::W, T::THREADS>(stage + T::BM * DEPTH, b, n0, k, end);
    }
    copy_commit();  // an empty group keeps the count
  };
#pragma unroll
  for (int i = 0; i < T::WM / 16; i++)
#pragma unroll
    for (int j = 0; j < T::WN / 8; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) s.v[i][j][e] = 0.f;
  for (int step = 0; step < STAGES - 1; step++) start(step);
  int m = warp_row<T>(), n = warp_column<T>(), steps = (end - begin + DEPTH - 1) / DEPTH;
  bool outside = m0 + m >= a.rows || n0 + n >= b.rows;  // of the matrix, where it is smaller than the tile
  for (int step = 0; step < steps; step++) {
    copy_wait<STAGES - 2>();
    __syncthreads();
    start(step + STAGES - 1);  // into the stage that everybody left before the barrier
    if (outside) continue;
    const bf16 *stage = stages + step % STAGES * T::STAGE;
#pragma unroll
    for (int k = 0; k < DEPTH; k += 16) {
      u32 fa[T::WM / 16][4], fb[T::WN / 16][4];
#pragma unroll
      for (int i = 0; i < T::WM / 16; i++) take_a<T::BM, T::A>(fa[i], stage, m + 16 * i, k);
#pragma unroll
      for (int j = 0; j < T::WN / 16; j++) take_b<T::BN, T::B>(fb[j], stage + T::BM * DEPTH, n + 16 * j, k);
#pragma unroll
      for (int i = 0; i < T::WM / 16; i++)
#pragma unroll
        for (int j = 0; j < T::WN / 8; j++) multiply(s.v[i][j], fa[i], fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]);
    }
  }
  copy_wait<0>();
}

// Lays the block's tile in shared memory as BM rows of floats. A row is 8 longer than BN, so that the eight rows that a warp
// writes at once fall into different banks.
template <class T> DEVICE float *spread(const Sums<T> &s, char *shared) {
  float *tile = (float *)shared;
  int r = warp_row<T>() + lane() / 4, c = warp_column<T>() + lane() % 4 * 2;
  __syncthreads();  // the stages are no longer read
#pragma unroll
  for (int i = 0; i < T::WM / 16; i++)
#pragma unroll
    for (int j = 0; j < T::WN / 8; j++)
#pragma unroll
      for (int h = 0; h < 2; h++)
        *(u32x2 *)(tile + (r + 16 * i + 8 * h) * T::ROW + c + 8 * j) = {to_bits(s.v[i][j][2 * h]), to_bits(s.v[i][j][2 * h + 1])};
  __syncthreads();
  return tile;
}
