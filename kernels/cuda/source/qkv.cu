// What lies between the product h*(WQ WK WV)^T and attention, in place, and its gradient.
//
//   qkv:           q = rope(norm(q)), k = rope(norm(k)) head by head; v += g*values[token], g = 2*sigmoid(h[:Gates]*WGate^T)
//   qkv_backward:  d = ropeback(r*(d - y*mean(d*y))) for q and k, y being the finished head;
//                  dz = (dv . values[token])*g*(1 - g/2), the gradient of the gate's logit
//   gate_weight:   the sum of dz[t][n]*h[t][j] over a block's tokens, for reduce.cu to add in order
//   gate_input:    dh[t][j] += sum over n of dz[t][n]*WGate[n][j]
//
// q, k, v and their gradients: bf16, tokens x C at one stride (they lie side by side, so that one product makes all three). h, dh:
// bf16, tokens x C. r, g, dz: float, tokens x NH. cos, sin: float, T x HS/2. values: float, V x C. WGate: float, NH x Gates.
// rope turns channel pairs (j, j+HS/2) by minus the angle. A norm and a rotation commute, so the gradient needs only the
// finished head and 1/rms.
// A warp takes a token's head. Bytes a token: qkv 8C (12C with values, from cache), backward 12C. Floor: bytes over bandwidth.
// In a step of README.md: floor 7.793 ms on an H100, 5.439 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "device.h"

const int ROWS = 8;

struct QKVArguments {
  bf16 *q, *k, *v;
  const bf16 *h;
  float *rq, *rk, *g;
  const float *cos, *sin, *gate, *values;  // gate and values null where the layer has none
  const int *ids;
  int tokens, T, NH, HS, gates, stride, C;
  float eps;
};

template <int W> DEVICE void norm_rotate(bf16 *head, float *r, const float *cos, const float *sin, int HS, float eps) {
  int half = HS / 2;
  float s = 0.f;
  for (int j = lane() * W; j < half; j += WARP * W) {
    Numbers<W> x = Numbers<W>::load(head + j), y = Numbers<W>::load(head + half + j);
#pragma unroll
    for (int e = 0; e < W; e++) s += x.v[e] * x.v[e] + y.v[e] * y.v[e];
  }
  float inverse = inverse_rms(warp_sum(s), HS, eps);
  if (lane() == 0) *r = inverse;
  for (int j = lane() * W; j < half; j += WARP * W) {
    Numbers<W> x = Numbers<W>::load(head + j), y = Numbers<W>::load(head + half + j);
    Numbers<W> c = Numbers<W>::load(cos + j), n = Numbers<W>::load(sin + j), a, b;
#pragma unroll
    for (int e = 0; e < W; e++) {
      a.v[e] = inverse * (x.v[e] * c.v[e] + y.v[e] * n.v[e]);
      b.v[e] = inverse * (y.v[e] * c.v[e] - x.v[e] * n.v[e]);
    }
    a.store(head + j);
    b.store(head + half + j);
  }
}

DEVICE float gate_of(float z) { return 2.f * reciprocal(1.f + exp_fast(-z)); }

template <int W> DEVICE void qkv(const QKVArguments &a) {
  int i = blockIdx.x * ROWS + warp(), t = i / a.NH, n = i % a.NH, half = a.HS / 2;
  if (t >= a.tokens) return;
  size_t at = (size_t)t * a.stride + n * a.HS;
  const float *cos = a.cos + (size_t)(t % a.T) * half, *sin = a.sin + (size_t)(t % a.T) * half;
  norm_rotate<W>(a.q + at, a.rq + i, cos, sin, a.HS, a.eps);
  norm_rotate<W>(a.k + at, a.rk + i, cos, sin, a.HS, a.eps);
  if (!a.values) return;
  float z = lane() < a.gates ? widen(a.h[(size_t)t * a.C + lane()]) * a.gate[n * a.gates + lane()] : 0.f;
  float g = gate_of(warp_sum(z));
  if (lane() == 0) a.g[i] = g;
  const float *values = a.values + (size_t)a.ids[t / a.T * (a.T + 1) + t % a.T] * a.C + n * a.HS;
  for (int j = lane() * W; j < a.HS; j += WARP * W) {
    Numbers<W> v = Numbers<W>::load(a.v + at + j), e = Numbers<W>::load(values + j);
#pragma unroll
    for (int w = 0; w < W; w++) v.v[w] += g * e.v[w];
    v.store(a.v + at + j);
  }
}

KERNEL(256) qkv_2(QKVArguments a) { qkv<2>(a); }
KERNEL(256) qkv_1(QKVArguments a) { qkv<1>(a); }
EXPORT(qkv_2)
EXPORT(qkv_1)

struct QKVBackwardArguments {
  const bf16 *q, *k;
  bf16 *dq, *dk;
  const bf16 *dv;
  const float *rq, *rk, *g, *cos, *sin, *values;
  const int *ids;
  float *dz;
  int tokens, T, NH, HS, stride, stride_d, C, unused;
};

template <int W> DEVICE void norm_rotate_back(const bf16 *head, bf16 *d, float r, const float *cos, const float *sin, int HS) {
  int half = HS / 2;
  float along = 0.f;
  for (int j = lane() * W; j < HS; j += WARP * W) {
    Numbers<W> x = Numbers<W>::load(head + j), y = Numbers<W>::load(d + j);
#pragma unroll
    for (int e = 0; e < W; e++) along += x.v[e] * y.v[e];
  }
  float b = r * (warp_sum(along) / (float)HS);
  for (int j = lane() * W; j < half; j += WARP * W) {
    Numbers<W> x = Numbers<W>::load(d + j), y = Numbers<W>::load(d + half + j);
    Numbers<W> u = Numbers<W>::load(head + j), v = Numbers<W>::load(head + half + j);
    Numbers<W> c = Numbers<W>::load(cos + j), n = Numbers<W>::load(sin + j);
#pragma unroll
    for (int e = 0; e < W; e++) {
      float p = r * x.v[e] - b * u.v[e], q = r * y.v[e] - b * v.v[e];
      x.v[e] = p * c.v[e] - q * n.v[e];
      y.v[e] = q * c.v[e] + p * n.v[e];
    }
    x.store(d + j);
    y.store(d + half + j);
  }
}

template <int W> DEVICE void qkv_backward(const QKVBackwardArguments &a) {
  int i = blockIdx.x * ROWS + warp(), t = i / a.NH, n = i % a.NH, half = a.HS / 2;
  if (t >= a.tokens) return;
  size_t at = (size_t)t * a.stride + n * a.HS, to = (size_t)t * a.stride_d + n * a.HS;
  const float *cos = a.cos + (size_t)(t % a.T) * half, *sin = a.sin + (size_t)(t % a.T) * half;
  norm_rotate_back<W>(a.q + at, a.dq + to, a.rq[i], cos, sin, a.HS);
  norm_rotate_back<W>(a.k + at, a.dk + to, a.rk[i], cos, sin, a.HS);
  if (!a.values) return;
  const float *values = a.values + (size_t)a.ids[t / a.T * (a.T + 1) + t % a.T] * a.C + n * a.HS;
  float along = 0.f;
  for (int j = lane() * W; j < a.HS; j += WARP * W) {
    Numbers<W> d = Numbers<W>::load(a.dv + to + j), e = Numbers<W>::load(values + j);
#pragma unroll
    for (int w = 0; w < W; w++) along += d.v[w] * e.v[w];
  }
  along = warp_sum(along);
  float g = a.g[i];
  if (lane() == 0) a.dz[i] = along * (g * (1.f - 0.5f * g));
}

KERNEL(256) qkv_backward_2(QKVBackwardArguments a) { qkv_backward<2>(a); }
KERNEL(256) qkv_backward_1(QKVBackwardArguments a) { qkv_backward<1>(a); }
EXPORT(qkv_backward_2)
EXPORT(qkv_backward_1)

struct GateArguments {
  const float *dz, *gate;  // gate for gate_input
  const bf16 *h;           // for gate_weight
  float *parts;            // blocks x NH*gates, for gate_weight
  bf16 *dh;                // for gate_input
  int tokens, NH, gates, C, per_block, unused;
};

KERNEL(256) gate_weight(GateArguments a) {
  int from = blockIdx.x * a.per_block, to = minimum(from + a.per_block, a.tokens);
  for (int o = threadIdx.x; o < a.NH * a.gates; o += 256) {
    int n = o / a.gates, j = o % a.gates;
    float s = 0.f;
    for (int t = from; t < to; t++) s += a.dz[(size_t)t * a.NH + n] * widen(a.h[(size_t)t * a.C + j]);
    a.parts[(size_t)blockIdx.x * a.NH * a.gates + o] = s;
  }
}
EXPORT(gate_weight)

KERNEL(256) gate_input(GateArguments a) {
  long long i = (long long)blockIdx.x * 256 + threadIdx.x;
  long long t = i / a.gates;
  int j = i % a.gates;
  if (t >= a.tokens) return;
  float s = 0.f;
  for (int n = 0; n < a.NH; n++) s += a.dz[t * a.NH + n] * a.gate[n * a.gates + j];
  bf16 *d = a.dh + t * a.C + j;
  *d = narrow(widen(*d) + s);
}
EXPORT(gate_input)
