// qkv_product.cu for Hopper: the same by wgmma, for head sizes 64, 128 and 256. A tile holds 256 / HS whole heads, and of each the four
// lanes that share a row have both halves of every pair that is turned.
// Heads leave by bulk copies. FLOPs, bytes and floor as in qkv_product.cu.
// In a step of README.md: floor 7.184 ms on an H100, 6.668 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "hopper_store.h"
#include "qkv_finish.h"

struct HopperQKVArguments {
  TensorMap maps[3];  // of h, w and x
  QKVProductArguments q;
};

// Normalises and turns, in its registers, the head of block columns J to J + HS/8 of row half h; see norm_rotate in qkv.cu.
template <int HS, int J> DEVICE void turn(const QKVProductArguments &a, float (&d)[BN / 2], int h, int row, float *r) {
  const float *cos = a.cos + (size_t)(row % a.T) * (HS / 2), *sin = a.sin + (size_t)(row % a.T) * (HS / 2);
  float s = 0.f;
#pragma unroll
  for (int j = J; j < J + HS / 8; j++) s += d[4 * j + 2 * h] * d[4 * j + 2 * h] + d[4 * j + 2 * h + 1] * d[4 * j + 2 * h + 1];
  float inverse = inverse_rms(quad_sum(s), HS, a.eps);
  if (lane() % 4 == 0 && row < a.tokens) *r = inverse;
#pragma unroll
  for (int j = 0; j < HS / 16; j++) {
    Numbers<2> c = Numbers<2>::load(cos + 8 * j + lane() % 4 * 2), n = Numbers<2>::load(sin + 8 * j + lane() % 4 * 2);
#pragma unroll
    for (int e = 0; e < 2; e++) {
      float &first = d[4 * (J + j) + 2 * h + e], &second = d[4 * (J + j + HS / 16) + 2 * h + e], x = first, y = second;
      first = inverse * (x * c.v[e] + y * n.v[e]);
      second = inverse * (y * c.v[e] - x * n.v[e]);
    }
  }
}

// Adds the gate's share of the token's value embedding to the head.
template <int HS, int J> DEVICE void add_values(const QKVProductArguments &a, float (&d)[BN / 2], int h, int t, int n) {
  float z = 0.f;
  for (int i = lane() % 4; i < a.gates; i += 4) z += widen(a.h[(size_t)t * a.C + i]) * a.gate[n * a.gates + i];
  float g = 2.f * reciprocal(1.f + exp_fast(-quad_sum(z)));
  if (lane() % 4 == 0) a.g[(size_t)t * a.NH + n] = g;
  const float *values = a.values + (size_t)a.ids[t / a.T * (a.T + 1) + t % a.T] * a.C + n * HS;
#pragma unroll
  for (int j = 0; j < HS / 8; j++) {
    Numbers<2> v = Numbers<2>::load(values + 8 * j + lane() % 4 * 2);
    d[4 * (J + j) + 2 * h] += g * v.v[0];
    d[4 * (J + j) + 2 * h + 1] += g * v.v[1];
  }
}

// Finishes the head of block columns from J on, and those behind it. Rows beyond the last token work on its place, since all lanes
// must meet, and are not written.
template <int HS, int J> DEVICE void finish_heads(const QKVProductArguments &a, float (&d)[BN / 2], int row0, int n0) {
  int column = n0 + 8 * J, n = column % a.C / HS;
  if (column >= 3 * a.C) return;
#pragma unroll
  for (int h = 0; h < 2; h++) {
    int row = row0 + warp() % 4 * 16 + lane() / 4 + 8 * h, t = minimum(row, a.tokens - 1);
    size_t place = (size_t)t * a.NH + n;
    if (column < 2 * a.C) turn<HS, J>(a, d, h, row, (column < a.C ? a.rq : a.rk) + place);
    else if (a.values) add_values<HS, J>(a, d, h, t, n);
  }
  if constexpr (J + HS / 8 < BN / 8) finish_heads<HS, J + HS / 8>(a, d, row0, n0);
}

template <int HS> DEVICE void qkv(const TensorMap *maps, const QKVProductArguments &a) {
  product<true, true>(maps, Tiles{a.tokens, 3 * a.C, a.C, 0, 1}, [&](const Place &p, int row0, float (&d)[BN / 2]) INLINE {
    finish_heads<HS, 0>(a, d, p.m0 + row0, p.n0);
    store_tile(maps + 2, p.m0 + row0, p.n0, 0, [&](int i) INLINE { return d[i]; });
  });
}

#define HOPPER_QKV(HS) \
  WITH_TENSOR_MAPS(hopper_qkv_##HS) \
  SHARING_KERNEL(384, 1) hopper_qkv_##HS(HopperQKVArguments a) { qkv<HS>(TENSOR_MAPS(hopper_qkv_##HS, a), a.q); } \
  EXPORT(hopper_qkv_##HS)
HOPPER_QKV(64)
HOPPER_QKV(128)
HOPPER_QKV(256)
