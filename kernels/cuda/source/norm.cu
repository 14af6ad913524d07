// RMSNorm without parameters over rows of C channels, alone and with the blend of stream and embedding before it.
//
//   norm:           h = r*x,  r = 1/sqrt(mean(x^2) + eps)
//   mix_norm:       y = resid*x + skip*x0,  h = r*y
//   norm_backward:  dx (+)= r*(dh - h*mean(dh*h))
//   mix_backward:   dskip (+)= skip*dx,  dx = resid*dx after the norm's part is added; dresid = sum(dx*x), dlambda = sum(dx*x0)
//
// x, x0, y, h, dh, dx, dskip: bf16, tokens x C. r: float, tokens. Sums run in float, in a fixed order.
// A warp takes a row and reads it once; the second use comes from the first-level cache.
// Bytes a row: norm 4C, mix_norm 8C, norm_backward 8C, mix_norm_backward 16C. FLOPs are a few per number, so the floor of each is
// its bytes over the memory's bandwidth.
// In a step of README.md: floor 24.039 ms on an H100, 16.777 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "device.h"

const int ROWS = 8;  // warps of a block, each with a row

struct NormArguments {
  const bf16 *x, *x0;          // x0 for mix_norm
  const float *resid, *skip;   // of the layer, for mix_norm
  bf16 *y, *h;                 // y for mix_norm
  float *r;
  int tokens, C;
  float eps;
};

template <int W> DEVICE float square_sum(const bf16 *row, int C) {
  float s = 0.f;
  for (int i = lane() * W; i < C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(row + i);
#pragma unroll
    for (int j = 0; j < W; j++) s += n.v[j] * n.v[j];
  }
  return warp_sum(s);
}

// Normalises the row that this warp just wrote or that was there before the launch.
template <int W> DEVICE void normalise(const bf16 *x, bf16 *h, float r, int C) {
  for (int i = lane() * W; i < C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(x + i);
#pragma unroll
    for (int j = 0; j < W; j++) n.v[j] *= r;
    n.store(h + i);
  }
}

template <int W> DEVICE void norm(const NormArguments &a) {
  size_t t = (size_t)blockIdx.x * ROWS + warp();
  if (t >= a.tokens) return;
  const bf16 *x = a.x + t * a.C;
  float r = inverse_rms(square_sum<W>(x, a.C), a.C, a.eps);
  if (lane() == 0) a.r[t] = r;
  normalise<W>(x, a.h + t * a.C, r, a.C);
}

// y is rounded to bf16 before its norm is taken, so that the backward pass, which reads y as stored, sees the same numbers.
template <int W> DEVICE void mix_norm(const NormArguments &a) {
  size_t t = (size_t)blockIdx.x * ROWS + warp();
  if (t >= a.tokens) return;
  const bf16 *x = a.x + t * a.C, *x0 = a.x0 + t * a.C;
  bf16 *y = a.y + t * a.C;
  float resid = *a.resid, skip = *a.skip, s = 0.f;
  for (int i = lane() * W; i < a.C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(x + i), m = Numbers<W>::load(x0 + i);
#pragma unroll
    for (int j = 0; j < W; j++) {
      n.v[j] = widen(narrow(resid * n.v[j] + skip * m.v[j]));
      s += n.v[j] * n.v[j];
    }
    n.store(y + i);
  }
  float r = inverse_rms(warp_sum(s), a.C, a.eps);
  if (lane() == 0) a.r[t] = r;
  normalise<W>(y, a.h + t * a.C, r, a.C);
}

KERNEL(256) norm_8(NormArguments a) { norm<8>(a); }
KERNEL(256) norm_2(NormArguments a) { norm<2>(a); }
KERNEL(256) mix_norm_8(NormArguments a) { mix_norm<8>(a); }
KERNEL(256) mix_norm_2(NormArguments a) { mix_norm<2>(a); }
EXPORT(norm_8)
EXPORT(norm_2)
EXPORT(mix_norm_8)
EXPORT(mix_norm_2)

struct NormBackwardArguments {
  const bf16 *h, *dh;
  const float *r;
  bf16 *dx;
  // For mix_norm_backward: the inputs of the blend, the gradient of x0, the lambdas of the layer, and a float of each
  // lambda's gradient per block.
  const bf16 *x, *x0;
  bf16 *dskip;
  const float *resid, *skip;
  float *dresid, *dlambda;
  int tokens, C, first;  // first: set what is otherwise added to (dx of norm_backward, dskip of mix_norm_backward)
};

template <int W> DEVICE float product_sum(const bf16 *a, const bf16 *b, int C) {
  float s = 0.f;
  for (int i = lane() * W; i < C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(a + i), m = Numbers<W>::load(b + i);
#pragma unroll
    for (int j = 0; j < W; j++) s += n.v[j] * m.v[j];
  }
  return warp_sum(s);
}

template <int W> DEVICE void norm_backward(const NormBackwardArguments &a) {
  size_t t = (size_t)blockIdx.x * ROWS + warp();
  if (t >= a.tokens) return;
  const bf16 *h = a.h + t * a.C, *dh = a.dh + t * a.C;
  bf16 *dx = a.dx + t * a.C;
  float r = a.r[t], b = r * (product_sum<W>(dh, h, a.C) / (float)a.C);
  for (int i = lane() * W; i < a.C; i += WARP * W) {
    Numbers<W> n = Numbers<W>::load(h + i), d = Numbers<W>::load(dh + i), x;
    if (!a.first) x = Numbers<W>::load(dx + i);
#pragma unroll
    for (int j = 0; j < W; j++) x.v[j] = (a.first ? 0.f : x.v[j]) + (r * d.v[j] - b * n.v[j]);
    x.store(dx + i);
  }
}

// The sums over a block's rows go to dresid and dlambda by block; reduce.cu adds these in order.
template <int W> DEVICE void mix_norm_backward(const NormBackwardArguments &a) {
  float *sums = (float *)dynamic_shared();  // 2 x ROWS
  size_t t = (size_t)blockIdx.x * ROWS + warp();
  float along_x = 0.f, along_x0 = 0.f;
  if (t < a.tokens) {
    const bf16 *h = a.h + t * a.C, *dh = a.dh + t * a.C, *xs = a.x + t * a.C, *x0s = a.x0 + t * a.C;
    bf16 *dx = a.dx + t * a.C, *dskip = a.dskip + t * a.C;
    float r = a.r[t], b = r * (product_sum<W>(dh, h, a.C) / (float)a.C), resid = *a.resid, skip = *a.skip;
    for (int i = lane() * W; i < a.C; i += WARP * W) {
      Numbers<W> n = Numbers<W>::load(h + i), g = Numbers<W>::load(dh + i), d = Numbers<W>::load(dx + i), s;
      Numbers<W> x = Numbers<W>::load(xs + i), x0 = Numbers<W>::load(x0s + i);
      if (!a.first) s = Numbers<W>::load(dskip + i);
#pragma unroll
      for (int j = 0; j < W; j++) {
        float y = d.v[j] + (r * g.v[j] - b * n.v[j]);  // gradient of y
        along_x += y * x.v[j];
        along_x0 += y * x0.v[j];
        s.v[j] = (a.first ? 0.f : s.v[j]) + skip * y;
        d.v[j] = resid * y;
      }
      s.store(dskip + i);
      d.store(dx + i);
    }
    along_x = warp_sum(along_x);
    along_x0 = warp_sum(along_x0);
  }
  if (lane() == 0) {
    sums[warp()] = along_x;
    sums[ROWS + warp()] = along_x0;
  }
  __syncthreads();
  if (threadIdx.x < 2) {
    float s = 0.f;
    for (int i = 0; i < ROWS; i++) s += sums[threadIdx.x * ROWS + i];
    (threadIdx.x == 0 ? a.dresid : a.dlambda)[blockIdx.x] = s;
  }
}

KERNEL(256) norm_backward_8(NormBackwardArguments a) { norm_backward<8>(a); }
KERNEL(256) norm_backward_2(NormBackwardArguments a) { norm_backward<2>(a); }
SHARING_KERNEL(256, 2) mix_norm_backward_8(NormBackwardArguments a) { mix_norm_backward<8>(a); }
KERNEL(256) mix_norm_backward_2(NormBackwardArguments a) { mix_norm_backward<2>(a); }
EXPORT(norm_backward_8)
EXPORT(norm_backward_2)
EXPORT(mix_norm_backward_8)
EXPORT(mix_norm_backward_2)
