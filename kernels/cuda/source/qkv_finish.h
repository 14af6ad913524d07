// What becomes of a finished tile of h*(WQ WK WV)^T; qkv_product.cu says what.
#pragma once
#include "device.h"

struct QKVProductArguments {
  const bf16 *h, *w;
  bf16 *x;
  float *rq, *rk, *g;
  const float *cos, *sin, *gate, *values;  // gate and values null where the layer has none
  const int *ids;
  int tokens, T, NH, HS, gates, C;
  float eps;
  int unused;
};

// Normalises and turns the head at `from` and writes it; see norm_rotate in qkv.cu.
DEVICE void finish_turned(const QKVProductArguments &a, const float *from, bf16 *to, float *r, int t) {
  int half = a.HS / 2;
  const float *cos = a.cos + (size_t)(t % a.T) * half, *sin = a.sin + (size_t)(t % a.T) * half;
  float s = 0.f;
  for (int j = lane(); j < a.HS; j += WARP) s += from[j] * from[j];
  float inverse = inverse_rms(warp_sum(s), a.HS, a.eps);
  if (lane() == 0) *r = inverse;
  for (int j = 2 * lane(); j < half; j += 2 * WARP) {
    Numbers<2> x = Numbers<2>::load(from + j), y = Numbers<2>::load(from + half + j), p, q;
    Numbers<2> c = Numbers<2>::load(cos + j), n = Numbers<2>::load(sin + j);
#pragma unroll
    for (int e = 0; e < 2; e++) {
      p.v[e] = inverse * (x.v[e] * c.v[e] + y.v[e] * n.v[e]);
      q.v[e] = inverse * (y.v[e] * c.v[e] - x.v[e] * n.v[e]);
    }
    p.store(to + j);
    q.store(to + half + j);
  }
}

// Adds the gate's share of the token's value embedding and writes the head.
DEVICE void finish_values(const QKVProductArguments &a, const float *from, bf16 *to, int t, int n) {
  float g = 0.f;
  const float *values = nullptr;
  if (a.values) {
    float z = lane() < a.gates ? widen(a.h[(size_t)t * a.C + lane()]) * a.gate[n * a.gates + lane()] : 0.f;
    g = 2.f * reciprocal(1.f + exp_fast(-warp_sum(z)));
    if (lane() == 0) a.g[(size_t)t * a.NH + n] = g;
    values = a.values + (size_t)a.ids[t / a.T * (a.T + 1) + t % a.T] * a.C + n * a.HS;
  }
  for (int j = 2 * lane(); j < a.HS; j += 2 * WARP) {
    Numbers<2> v = Numbers<2>::load(from + j);
    if (values) {
      Numbers<2> e = Numbers<2>::load(values + j);
      v.v[0] += g * e.v[0];
      v.v[1] += g * e.v[1];
    }
    v.store(to + j);
  }
}

// Finishes all heads in a tile of BM rows, ROW floats apart, and BN columns at (m0, n0), a warp a row's head.
template <int BM, int BN, int ROW, int THREADS> DEVICE void finish_heads(const QKVProductArguments &a, const float *tile, int m0, int n0) {
  int heads = BN / a.HS;
  for (int i = warp(); i < BM * heads; i += THREADS / WARP) {
    int row = i / heads, t = m0 + row, column = n0 + i % heads * a.HS;
    if (t >= a.tokens || column >= 3 * a.C) continue;
    const float *from = tile + row * ROW + column - n0;
    bf16 *to = a.x + (size_t)t * 3 * a.C + column;
    int n = column % a.C / a.HS;
    size_t place = (size_t)t * a.NH + n;
    if (column < a.C) finish_turned(a, from, to, a.rq + place, t);
    else if (column < 2 * a.C) finish_turned(a, from, to, a.rk + place, t);
    else finish_values(a, from, to, t, n);
  }
}
