// Pieces of attention: tiles of a head's rows in shared memory and products between them.
//
// A tile holds ROWS rows of D numbers, D being the head size rounded up to a power of two; what lies beyond the head's HS
// numbers or the sequence's T rows is zero. Chunks of 8 numbers are swizzled so that eight rows fall into different banks.
//
// Queries and keys are normalised, so a score is at most sqrt(HS) in size and its exponential needs no maximum taken off.
#pragma once
#include "product.h"

// One array of attention: the head's first row of the sequence, and what it takes to find the others.
struct Head {
  const bf16 *at;
  int stride, T, HS;
};

template <int D> DEVICE int chunk_at(int row, int chunk) {
  int turn = D >= 64 ? row & 7 : D == 32 ? row >> 1 & 3 : row >> 2 & 1;
  return row * D + (chunk ^ turn) * 8;
}

// Starts to copy rows from row0 on.
template <int ROWS, int D, int W, int THREADS> DEVICE void fill_rows(bf16 *tile, const Head &h, int row0) {
  for (int c = threadIdx.x; c < ROWS * D / 8; c += THREADS) {
    int r = c / (D / 8), q = c % (D / 8);
    int valid = row0 + r < h.T ? minimum(maximum(2 * (h.HS - 8 * q), 0), 16) : 0;
    copy_chunk<W>(tile + chunk_at<D>(r, q), h.at + (size_t)(row0 + r) * h.stride + 8 * q, h.at, valid);
  }
}

// 16 rows as the left operand, at depth k.
template <int D> DEVICE void left(u32 f[4], const bf16 *tile, int row, int k) {
  load_matrices(f, tile + chunk_at<D>(row + (lane() & 15), (k >> 3) + (lane() >> 4)));
}
// 16 rows as columns of the right operand, at depth k.
template <int D> DEVICE void right(u32 f[4], const bf16 *tile, int row, int k) {
  load_matrices(f, tile + chunk_at<D>(row + (lane() & 7) + (lane() >> 4) * 8, (k >> 3) + (lane() >> 3 & 1)));
}
// 16 rows as depth of the right operand, for 16 of its columns from n on.
template <int D> DEVICE void right_across(u32 f[4], const bf16 *tile, int row, int n) {
  load_matrices_transposed(f, tile + chunk_at<D>(row + (lane() & 15), (n >> 3) + (lane() >> 4)));
}

template <int N> struct Strip {  // 16 rows by 8N columns, as multiply() spreads them
  float v[N][4];
  DEVICE_MEMBER void clear() {
#pragma unroll
    for (int j = 0; j < N; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) v[j][e] = 0.f;
  }
};

// s = 16 rows of a, from `row` on, times all 8N rows of b.
template <int D, int N> DEVICE void scores(Strip<N> &s, const bf16 *a, int row, const bf16 *b) {
  s.clear();
#pragma unroll
  for (int k = 0; k < D; k += 16) {
    u32 fa[4];
    left<D>(fa, a, row, k);
#pragma unroll
    for (int j = 0; j < N; j += 2) {
      u32 fb[4];
      right<D>(fb, b, 8 * j, k);
      multiply(s.v[j], fa, fb[0], fb[1]);
      multiply(s.v[j + 1], fa, fb[2], fb[3]);
    }
  }
}

// sum += p (16 x 8N, rounded to bf16) times columns [n0, n0 + 8M) of the 8N rows of b.
template <int D, int N, int M> DEVICE void mix_rows(Strip<M> &sum, const Strip<N> &p, const bf16 *b, int n0) {
#pragma unroll
  for (int k = 0; k < N; k += 2) {
    u32 fa[4] = {pack(p.v[k][0], p.v[k][1]), pack(p.v[k][2], p.v[k][3]), pack(p.v[k + 1][0], p.v[k + 1][1]), pack(p.v[k + 1][2], p.v[k + 1][3])};
#pragma unroll
    for (int j = 0; j < M; j += 2) {
      u32 fb[4];
      right_across<D>(fb, b, 8 * k, n0 + 8 * j);
      multiply(sum.v[j], fa, fb[0], fb[1]);
      multiply(sum.v[j + 1], fa, fb[2], fb[3]);
    }
  }
}

// Writes 16 rows from `row` on, columns [n0, n0 + 8N), of what lies within the head and the sequence.
template <int N> DEVICE void write_rows(bf16 *to, int stride, int T, int HS, int row, int n0, const Strip<N> &s, float scale0, float scale8) {
#pragma unroll
  for (int h = 0; h < 2; h++) {
    int r = row + lane() / 4 + 8 * h;
    float scale = h ? scale8 : scale0;
    if (r >= T) continue;
#pragma unroll
    for (int j = 0; j < N; j++) {
      int c = n0 + 8 * j + lane() % 4 * 2;
      if (c < HS) *(u32 *)(to + (size_t)r * stride + c) = pack(scale * s.v[j][2 * h], scale * s.v[j][2 * h + 1]);
    }
  }
}

const float LOG2E = 1.44269504f;
