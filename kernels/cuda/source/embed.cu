// Token embeddings: gather and normalise, and the gradient of the table.
//
//   embed:           x = r*table[token],  r = 1/sqrt(mean(table[token]^2) + eps)
//   embed_backward:  dx = r*(d - x*mean(d*x)) with d = dx + dskip, in place
//   scatter:         g[v] += the sum of scale*d[t] over the tokens t with id v, in ascending t
//
// table, g: float, V x C. x, d, dx, dskip: bf16, tokens x C. Ids lie in rows of T+1, of which the last is only a target.
// scatter takes the tokens sorted by id (starts, places), so no two warps add to the same number and no atomics are needed. It
// serves value embeddings too: then scale is the gate of the token and head.
// A warp takes a row; in scatter, a row of the table and 32*W of its columns.
// Bytes a token: embed 6C (the table mostly from cache), embed_backward 8C, scatter 2C, and 8C a row of the table in use. FLOPs
// are a few per number, so the floor is bytes over bandwidth.
// In a step of README.md: floor 2.023 ms on an H100, 1.412 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "device.h"

const int ROWS = 8;

struct EmbedArguments {
  const float *table;
  const int *ids;
  bf16 *x;
  float *r;
  int tokens, T, C;
  float eps;
};

DEVICE int token_id(const int *ids, int t, int T) { return ids[t / T * (T + 1) + t % T]; }

template <int W> DEVICE void embed(const EmbedArguments &a) {
  int t = blockIdx.x * ROWS + warp();
  if (t >= a.tokens) return;
  const float *row = a.table + (size_t)token_id(a.ids, t, a.T) * a.C;
  float s = 0.f;
  for (int i = lane() * W; i < a.C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(row + i);
#pragma unroll
    for (int j = 0; j < W; j++) s += n.v[j] * n.v[j];
  }
  float r = inverse_rms(warp_sum(s), a.C, a.eps);
  if (lane() == 0) a.r[t] = r;
  for (int i = lane() * W; i < a.C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(row + i);
#pragma unroll
    for (int j = 0; j < W; j++) n.v[j] *= r;
    n.store(a.x + (size_t)t * a.C + i);
  }
}

KERNEL(256) embed_8(EmbedArguments a) { embed<8>(a); }
KERNEL(256) embed_2(EmbedArguments a) { embed<2>(a); }
EXPORT(embed_8)
EXPORT(embed_2)

struct EmbedBackwardArguments {
  const bf16 *x, *dskip;
  const float *r;
  bf16 *dx;
  int tokens, C;
};

template <int W> DEVICE void embed_backward(const EmbedBackwardArguments &a) {
  size_t t = (size_t)blockIdx.x * ROWS + warp();
  if (t >= a.tokens) return;
  const bf16 *x = a.x + t * a.C, *dskip = a.dskip + t * a.C;
  bf16 *dx = a.dx + t * a.C;
  float along = 0.f;
  for (int i = lane() * W; i < a.C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(x + i), d = Numbers<W>::load(dx + i), s = Numbers<W>::load(dskip + i);
#pragma unroll
    for (int j = 0; j < W; j++) along += n.v[j] * (d.v[j] + s.v[j]);
  }
  float r = a.r[t], b = r * (warp_sum(along) / (float)a.C);
  for (int i = lane() * W; i < a.C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(x + i), d = Numbers<W>::load(dx + i), s = Numbers<W>::load(dskip + i);
#pragma unroll
    for (int j = 0; j < W; j++) d.v[j] = r * (d.v[j] + s.v[j]) - b * n.v[j];
    d.store(dx + i);
  }
}

KERNEL(256) embed_backward_8(EmbedBackwardArguments a) { embed_backward<8>(a); }
KERNEL(256) embed_backward_2(EmbedBackwardArguments a) { embed_backward<2>(a); }
EXPORT(embed_backward_8)
EXPORT(embed_backward_2)

struct ScatterArguments {
  float *g;
  const bf16 *d;
  const float *gates;  // tokens x NH, or null for a scale of 1
  const int *starts, *places;  // places[starts[v]] to places[starts[v+1]-1] are the tokens with id v
  int V, C, stride, NH, HS;
};

template <int W> DEVICE void scatter(const ScatterArguments &a) {
  int v = blockIdx.x * ROWS + warp(), c = (blockIdx.y * WARP + lane()) * W;
  if (v >= a.V || c >= a.C) return;
  int from = a.starts[v], to = a.starts[v + 1];
  if (from == to) return;
  float *g = a.g + (size_t)v * a.C + c;
  Numbers<W> sum = Numbers<W>::load(g);
  for (int p = from; p < to; p++) {
    int t = a.places[p];
    Numbers<W> d = Numbers<W>::load(a.d + (size_t)t * a.stride + c);
    float gate = a.gates ? a.gates[(size_t)t * a.NH + c / a.HS] : 1.f;
#pragma unroll
    for (int j = 0; j < W; j++) sum.v[j] += gate * d.v[j];
  }
  sum.store(g);
}

KERNEL(256) scatter_8(ScatterArguments a) { scatter<8>(a); }
KERNEL(256) scatter_2(ScatterArguments a) { scatter<2>(a); }
EXPORT(scatter_8)
EXPORT(scatter_2)
