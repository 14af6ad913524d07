// The inputs of attention in one pass: the product h*(WQ WK WV)^T, and while its tile is in shared memory, norm, rotation and
// value embeddings of every head in it. See qkv.cu for the formulas; there they are a pass of their own, for head sizes that do
// not divide a tile.
//
// h: bf16, tokens x C. w: bf16, 3C x C, the three matrices behind one another. x: bf16, tokens x 3C. r, g: float, tokens x NH.
// cos, sin: float, T x HS/2. values: float, V x C. gate: float, NH x gates.
// HS divides 128 and is a multiple of 4, so a tile of 128 columns holds whole heads, each of queries, keys or values. A warp finishes
// one head of one row at a time.
// FLOPs 6C^2 a token; bytes 8C, where the pass of its own would read and write another 12C. Floor: the tensor cores' rate. Not yet
// measured on a device.
#include "product.h"

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

KERNEL(256) qkv_product(QKVProductArguments a) {
  using T = Tile<128, 128, 64, 32, true, true, 8>;
  int m0 = blockIdx.y * T::BM, n0 = blockIdx.x * T::BN, heads = T::BN / a.HS;
  Sums<T> s;
  product<T>(s, dynamic_shared(), Operand{a.h, a.C, a.tokens}, Operand{a.w, a.C, 3 * a.C}, m0, n0, 0, a.C);
  const float *tile = spread<T>(s, dynamic_shared());
  for (int i = warp(); i < T::BM * heads; i += T::THREADS / WARP) {
    int row = i / heads, t = m0 + row, column = n0 + i % heads * a.HS;
    if (t >= a.tokens || column >= 3 * a.C) continue;
    const float *from = tile + row * T::ROW + column - n0;
    bf16 *to = a.x + (size_t)t * 3 * a.C + column;
    int n = column % a.C / a.HS;
    size_t place = (size_t)t * a.NH + n;
    if (column < a.C) finish_turned(a, from, to, a.rq + place, t);
    else if (column < 2 * a.C) finish_turned(a, from, to, a.rk + place, t);
    else finish_values(a, from, to, t, n);
  }
}
EXPORT(qkv_product)
