// AdamW without decay (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2), in float32, fused with what follows an update: the
// bf16 copy that products read, and a gradient of zero for the next step.
//
//   m += (1-beta1)*(g-m), v += (1-beta2)*(g^2-v), p -= size * m/(sqrt(v)*root + eps)
//
// size is rate/(1-beta1^step), root is 1/sqrt(1-beta2^step); they change from step to step and lie in device memory.
// Bytes a number: read 16, written 16 (18 with a copy). Floor: bytes over bandwidth.
// In a step of README.md: floor 0.243 ms on an H100, 0.170 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "device.h"

struct AdamWArguments {
  float *p, *g, *m, *v;
  bf16 *copy;          // or null
  const float *rates;  // size, root
  long long n;
  float share1, share2, eps;  // 1-beta1, 1-beta2
  int unused;
};

template <int W> DEVICE void adamw(const AdamWArguments &a) {
  long long i = ((long long)blockIdx.x * 256 + threadIdx.x) * W;
  if (i >= a.n) return;
  float size = a.rates[0], root = a.rates[1];
  Numbers<W> p = Numbers<W>::load(a.p + i), g = Numbers<W>::load(a.g + i), m = Numbers<W>::load(a.m + i), v = Numbers<W>::load(a.v + i);
#pragma unroll
  for (int j = 0; j < W; j++) {
    m.v[j] += a.share1 * (g.v[j] - m.v[j]);
    v.v[j] += a.share2 * (g.v[j] * g.v[j] - v.v[j]);
    p.v[j] -= size * (m.v[j] / (square_root(v.v[j]) * root + a.eps));
    g.v[j] = 0.f;
  }
  p.store(a.p + i);
  g.store(a.g + i);
  m.store(a.m + i);
  v.store(a.v + i);
  if (a.copy) p.store(a.copy + i);
}

KERNEL(256) adamw_8(AdamWArguments a) { adamw<8>(a); }
KERNEL(256) adamw_1(AdamWArguments a) { adamw<1>(a); }
EXPORT(adamw_8)
EXPORT(adamw_1)

struct CopyArguments {
  const float *p;
  bf16 *copy;
  long long n;
};

// The bf16 copy of a weight that was just written.
KERNEL(256) round_copy(CopyArguments a) {
  long long i = (long long)blockIdx.x * 256 + threadIdx.x;
  if (i < a.n) a.copy[i] = narrow(a.p[i]);
}
EXPORT(round_copy)
