// Causal attention over a sliding window, forward: query t of a sequence sees keys t-window to t.
//
//   y = sum over keys of p*v,  p = e^(q.k*HS^-0.5) / sum,  lse = log(sum)
//
// q, k, v, y: bf16, tokens x heads*HS at strides of their own. lse: float, tokens x NH.
// A block takes 64 queries of one head and sequence, 16 a warp, and goes through the keys 64 at a time (32 where HS is 256), the next
// ones on their way while these are used. Blocks of keys that no query sees are never touched. Late queries see most keys, so
// they come first.
// FLOPs 4*HS*(keys seen) a query and head; at T 2048 with the whole window half of 4*T*T*HS. Bytes 8*HS a query and head, small beside.
// Floor: the tensor cores' rate, or one exponential a score.
// In a step of README.md: floor 7.229 ms on an H100, 7.229 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "attention.h"
#include "attention_arguments.h"

template <int D, int KEYS, int W> DEVICE void attention(const AttentionArguments &a) {
  const int QUERIES = 64, THREADS = 128, N = KEYS / 8;
  bf16 *tq = (bf16 *)dynamic_shared(), *tk = tq + QUERIES * D, *tv = tk + 2 * KEYS * D;  // two stages of keys and values
  int q0 = (gridDim.x - 1 - blockIdx.x) * QUERIES, head = blockIdx.y;
  size_t sequence = (size_t)blockIdx.z * a.T, at = sequence * a.stride + head * a.HS;
  Head q = {a.q + at, a.stride, a.T, a.HS}, k = {a.k + at, a.stride, a.T, a.HS}, v = {a.v + at, a.stride, a.T, a.HS};
  int from = maximum(0, q0 - a.window) / KEYS, to = (minimum(q0 + QUERIES, a.T) + KEYS - 1) / KEYS;
  auto start = [&](int block) {
    if (block < to) {
      fill_rows<KEYS, D, W, THREADS>(tk + block % 2 * KEYS * D, k, block * KEYS);
      fill_rows<KEYS, D, W, THREADS>(tv + block % 2 * KEYS * D, v, block * KEYS);
    }
    copy_commit();
  };
  fill_rows<QUERIES, D, W, THREADS>(tq, q, q0);
  start(from);
  Strip<D / 8> y;
  y.clear();
  float sum[2] = {0.f, 0.f}, scale = a.scale * LOG2E;
  int row = warp() * 16, query = q0 + row + lane() / 4;
  for (int block = from; block < to; block++) {
    start(block + 1);
    copy_wait<1>();
    __syncthreads();
    Strip<N> s;
    scores<D, N>(s, tq, row, tk + block % 2 * KEYS * D);
#pragma unroll
    for (int j = 0; j < N; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int key = block * KEYS + 8 * j + lane() % 4 * 2 + e % 2, behind = query + e / 2 * 8 - key;
        s.v[j][e] = behind >= 0 && behind <= a.window ? exp2_fast(s.v[j][e] * scale) : 0.f;
        sum[e / 2] += s.v[j][e];
      }
    mix_rows<D, N, D / 8>(y, s, tv + block % 2 * KEYS * D, 0);
    __syncthreads();  // before the next start overwrites these keys
  }
  sum[0] = quad_sum(sum[0]);
  sum[1] = quad_sum(sum[1]);
  write_rows<D / 8>(a.y + sequence * a.stride_y + head * a.HS, a.stride_y, a.T, a.HS, q0 + row, 0, y, 1.f / sum[0], 1.f / sum[1]);
  if (lane() % 4 == 0) {
#pragma unroll
    for (int h = 0; h < 2; h++)
      if (query + 8 * h < a.T) a.lse[(sequence + query + 8 * h) * a.NH + head] = log_fast(sum[h]);
  }
}

#define FORWARD(D, KEYS, W) \
  KERNEL(128) attention_##D##_##W(AttentionArguments a) { attention<D, KEYS, W>(a); } \
  EXPORT(attention_##D##_##W)
FORWARD(16, 64, 2)
FORWARD(32, 64, 2)
FORWARD(64, 64, 2)
FORWARD(16, 64, 8)
FORWARD(32, 64, 8)
FORWARD(64, 64, 8)
FORWARD(128, 64, 8)
FORWARD(256, 32, 8)
