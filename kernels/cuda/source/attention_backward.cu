// The gradients of attention. Probabilities are computed again from lse; with p as in attention.cu and
//
//   along = dy . y,  ds = p*(dy . v - along)*HS^-0.5:   dv = p^T*dy,  dq = ds*k,  dk = ds^T*q
//
// Two kernels make dq by blocks of queries, and dk and dv by blocks of keys, so no sum crosses blocks and no atomics are
// needed; the price is that scores and dy . v are computed twice: 7 products instead of 5.
// dq, dk, dv: bf16, tokens x heads*HS at one stride; y and dy at another. along: float, tokens x NH.
// Rows of the other side pass 64 at a time, fewer where HS is above 64, so that sums stay in registers. Where HS
// is 256, the sums for 16 keys do not fit a warp's registers, so two warps share them, half of the columns each.
// FLOPs 14*HS*(keys seen) a query and head. Floor: the tensor cores' rate.
// In a step of README.md: floor 27.867 ms on an H100, 27.092 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "attention.h"
#include "attention_arguments.h"

// A warp takes a token's head.
template <int W> DEVICE void attention_along(const AttentionBackwardArguments &a) {
  int i = blockIdx.x * 8 + warp(), t = i / a.NH;
  if (t >= a.tokens) return;
  size_t at = (size_t)t * a.stride_y + i % a.NH * a.HS;
  float s = 0.f;
  for (int j = lane() * W; j < a.HS; j += WARP * W) {
    Numbers<W> y = Numbers<W>::load(a.y + at + j), d = Numbers<W>::load(a.dy + at + j);
#pragma unroll
    for (int e = 0; e < W; e++) s += y.v[e] * d.v[e];
  }
  s = warp_sum(s);
  if (lane() == 0) a.along[i] = s;
}
KERNEL(256) attention_along_2(AttentionBackwardArguments a) { attention_along<2>(a); }
EXPORT(attention_along_2)

// p and ds/scale from scores s and products dp = dy . v, for one of them. scale is in units of log2(e), and so is lse. The
// sums are scaled when they are written.
DEVICE void slope(float &s, float &dp, bool seen, float lse, float along, float scale) {
  s = seen ? exp2_fast(s * scale - lse) : 0.f;
  dp = s * (dp - along);
}

template <int D, int KEYS, int W> DEVICE void query_gradient(const AttentionBackwardArguments &a) {
  const int QUERIES = 64, THREADS = 128, N = KEYS / 8;
  bf16 *tq = (bf16 *)dynamic_shared(), *td = tq + QUERIES * D, *tk = td + QUERIES * D, *tv = tk + 2 * KEYS * D;
  int q0 = (gridDim.x - 1 - blockIdx.x) * QUERIES, head = blockIdx.y;
  size_t sequence = (size_t)blockIdx.z * a.T, at = sequence * a.stride + head * a.HS, at_y = sequence * a.stride_y + head * a.HS;
  Head q = {a.q + at, a.stride, a.T, a.HS}, k = {a.k + at, a.stride, a.T, a.HS}, v = {a.v + at, a.stride, a.T, a.HS};
  Head dy = {a.dy + at_y, a.stride_y, a.T, a.HS};
  int from = maximum(0, q0 - a.window) / KEYS, to = (minimum(q0 + QUERIES, a.T) + KEYS - 1) / KEYS;
  auto start = [&](int block) {
    if (block < to) {
      fill_rows<KEYS, D, W, THREADS>(tk + block % 2 * KEYS * D, k, block * KEYS);
      fill_rows<KEYS, D, W, THREADS>(tv + block % 2 * KEYS * D, v, block * KEYS);
    }
    copy_commit();
  };
  fill_rows<QUERIES, D, W, THREADS>(tq, q, q0);
  fill_rows<QUERIES, D, W, THREADS>(td, dy, q0);
  start(from);
  int row = warp() * 16, query = q0 + row + lane() / 4;
  float lse[2] = {0.f, 0.f}, along[2] = {0.f, 0.f};
  for (int h = 0; h < 2; h++)
    if (query + 8 * h < a.T) {
      size_t i = (sequence + query + 8 * h) * a.NH + head;
      lse[h] = a.lse[i] * LOG2E;
      along[h] = a.along[i];
    }
  float scale = a.scale * LOG2E;
  Strip<D / 8> dq;
  dq.clear();
  for (int block = from; block < to; block++) {
    start(block + 1);
    copy_wait<1>();
    __syncthreads();
    Strip<N> s, dp;
    scores<D, N>(s, tq, row, tk + block % 2 * KEYS * D);
    scores<D, N>(dp, td, row, tv + block % 2 * KEYS * D);
#pragma unroll
    for (int j = 0; j < N; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int key = block * KEYS + 8 * j + lane() % 4 * 2 + e % 2, behind = query + e / 2 * 8 - key;
        slope(s.v[j][e], dp.v[j][e], behind >= 0 && behind <= a.window, lse[e / 2], along[e / 2], scale);
      }
    mix_rows<D, N, D / 8>(dq, dp, tk + block % 2 * KEYS * D, 0);
    __syncthreads();
  }
  write_rows<D / 8>(a.dq + sequence * a.stride_d + head * a.HS, a.stride_d, a.T, a.HS, q0 + row, 0, dq, a.scale, a.scale);
}

// HALVES warps share 16 keys, each with D/HALVES columns of the sums.
template <int D, int QUERIES, int W, int HALVES> DEVICE void key_gradient(const AttentionBackwardArguments &a) {
  const int KEYS = 64, THREADS = 128 * HALVES, N = QUERIES / 8, M = D / 8 / HALVES;
  bf16 *tk = (bf16 *)dynamic_shared(), *tv = tk + KEYS * D, *tq = tv + KEYS * D, *td = tq + 2 * QUERIES * D;
  float *terms = (float *)(td + 2 * QUERIES * D);  // lse and along of the queries, one stage
  int k0 = blockIdx.x * KEYS, head = blockIdx.y;
  size_t sequence = (size_t)blockIdx.z * a.T, at = sequence * a.stride + head * a.HS, at_y = sequence * a.stride_y + head * a.HS;
  Head q = {a.q + at, a.stride, a.T, a.HS}, k = {a.k + at, a.stride, a.T, a.HS}, v = {a.v + at, a.stride, a.T, a.HS};
  Head dy = {a.dy + at_y, a.stride_y, a.T, a.HS};
  // The last key is seen by the query a window behind it.
  int last = minimum(k0 + KEYS - 1, a.T - 1), from = k0 / QUERIES, to = minimum(last + a.window, a.T - 1) / QUERIES + 1;
  auto start = [&](int block) {
    if (block < to) {
      fill_rows<QUERIES, D, W, THREADS>(tq + block % 2 * QUERIES * D, q, block * QUERIES);
      fill_rows<QUERIES, D, W, THREADS>(td + block % 2 * QUERIES * D, dy, block * QUERIES);
    }
    copy_commit();
  };
  fill_rows<KEYS, D, W, THREADS>(tk, k, k0);
  fill_rows<KEYS, D, W, THREADS>(tv, v, k0);
  start(from);
  int row = warp() % 4 * 16, n0 = warp() / 4 * 8 * M, key = k0 + row + lane() / 4;
  float scale = a.scale * LOG2E;
  Strip<M> dk, dv;
  dk.clear();
  dv.clear();
  for (int block = from; block < to; block++) {
    start(block + 1);
    for (int i = threadIdx.x; i < QUERIES; i += THREADS) {
      int query = block * QUERIES + i;
      size_t place = (sequence + query) * a.NH + head;
      terms[i] = query < a.T ? a.lse[place] * LOG2E : 0.f;
      terms[QUERIES + i] = query < a.T ? a.along[place] : 0.f;
    }
    copy_wait<1>();
    __syncthreads();
    Strip<N> s, dp;
    scores<D, N>(s, tk, row, tq + block % 2 * QUERIES * D);
    scores<D, N>(dp, tv, row, td + block % 2 * QUERIES * D);
#pragma unroll
    for (int j = 0; j < N; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int i = 8 * j + lane() % 4 * 2 + e % 2, query = block * QUERIES + i, behind = query - key - e / 2 * 8;
        slope(s.v[j][e], dp.v[j][e], behind >= 0 && behind <= a.window && query < a.T, terms[i], terms[QUERIES + i], scale);
      }
    mix_rows<D, N, M>(dv, s, td + block % 2 * QUERIES * D, n0);
    mix_rows<D, N, M>(dk, dp, tq + block % 2 * QUERIES * D, n0);
    __syncthreads();
  }
  size_t to_d = sequence * a.stride_d + head * a.HS;
  write_rows<M>(a.dk + to_d, a.stride_d, a.T, a.HS, k0 + row, n0, dk, a.scale, a.scale);
  write_rows<M>(a.dv + to_d, a.stride_d, a.T, a.HS, k0 + row, n0, dv, 1.f, 1.f);
}

#define BACKWARD(D, KEYS, QUERIES, W, HALVES) \
  KERNEL(128) query_gradient_##D##_##W(AttentionBackwardArguments a) { query_gradient<D, KEYS, W>(a); } \
  EXPORT(query_gradient_##D##_##W) \
  SHARING_KERNEL(128 * HALVES, 2 / HALVES) key_gradient_##D##_##W(AttentionBackwardArguments a) { key_gradient<D, QUERIES, W, HALVES>(a); } \
  EXPORT(key_gradient_##D##_##W)
BACKWARD(16, 64, 64, 2, 1)
BACKWARD(32, 64, 64, 2, 1)
BACKWARD(64, 64, 64, 2, 1)
BACKWARD(16, 64, 64, 8, 1)
BACKWARD(32, 64, 64, 8, 1)
BACKWARD(64, 64, 64, 8, 1)
BACKWARD(128, 32, 16, 8, 1)
BACKWARD(256, 16, 16, 8, 2)
