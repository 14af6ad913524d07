// Muon but for its matrix products (which are matrix.cu's): momentum, the first scaling, NorMuon's variance and the cautious
// update. Matrices of one shape are taken together, z being the matrix.
//
//   muon_momentum: m += (1-mu)*(g-m), x = g + mu*(m-g) in place of g; the sum of x^2 by block
//   muon_scale:    X = x/(1.02*|x| + 1e-6) in bf16; the gradient becomes zero for the next step
//   muon_squares:  mean square of each row of X, or of each column where there are more of these
//   muon_variance: second += 0.05*(mean - second), step = 1/sqrt(second), times what keeps the norm of the whole
//   muon_apply:    p -= rate*(u + decay*p where u*p >= 0) with u = X*step; and the bf16 copy of p
//
// p, g, m: float, rows x cols. X: bf16, rows x cols at a stride. second: float, the longer of rows and cols.
// Polar Express: Amsel et al., arXiv 2505.16932. NorMuon: arXiv 2510.05491.
// Bytes a number: momentum 20, scale 10, squares 2, apply 12. Floor: bytes over bandwidth; at half a million tokens a step all of
// it is below 1 % of the step.
// In a step of README.md: floor 0.331 ms on an H100, 0.231 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "device.h"

struct Matrix {
  float *p, *g, *m, *second;
  bf16 *copy;
  float rate;  // before the step's multiplier
  int unused;
};

struct MuonArguments {
  const Matrix *matrices;
  const float *scalars;  // momentum, rate multiplier, decay
  bf16 *x;
  float *sums;   // z x blocks, of muon_momentum
  float *norms;  // z, |x|^2
  float *means;  // z x max(rows, cols): mean squares, then steps
  int rows, cols, stride, per_block;  // per_block: numbers that a block of muon_momentum takes
};

KERNEL(256) muon_momentum(MuonArguments a) {
  const Matrix &w = a.matrices[blockIdx.z];
  int size = a.rows * a.cols, from = blockIdx.x * a.per_block, to = minimum(from + a.per_block, size);
  float mu = a.scalars[0], s = 0.f;
  for (int i = from + threadIdx.x; i < to; i += 256) {
    float g = w.g[i], m = w.m[i];
    m += (1.f - mu) * (g - m);
    float x = g + mu * (m - g);
    w.m[i] = m;
    w.g[i] = x;
    s += x * x;
  }
  s = block_sum(s, (float *)dynamic_shared());
  if (threadIdx.x == 0) a.sums[blockIdx.z * gridDim.x + blockIdx.x] = s;
}
EXPORT(muon_momentum)

KERNEL(256) muon_scale(MuonArguments a) {
  const Matrix &w = a.matrices[blockIdx.z];
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= a.rows * a.cols) return;
  float inverse = 1.f / (square_root(a.norms[blockIdx.z]) * 1.02f + 1e-6f);
  a.x[((size_t)blockIdx.z * a.rows + i / a.cols) * a.stride + i % a.cols] = narrow(w.g[i] * inverse);
  w.g[i] = 0.f;
}
EXPORT(muon_scale)

// A warp per row, or a thread per column.
KERNEL(256) muon_squares(MuonArguments a) {
  const bf16 *x = a.x + (size_t)blockIdx.z * a.rows * a.stride;
  float *means = a.means + (size_t)blockIdx.z * maximum(a.rows, a.cols);
  if (a.rows >= a.cols) {
    int r = blockIdx.x * 8 + warp();
    if (r >= a.rows) return;
    float s = 0.f;
    for (int c = lane(); c < a.cols; c += WARP) {
      float v = widen(x[(size_t)r * a.stride + c]);
      s += v * v;
    }
    s = warp_sum(s);
    if (lane() == 0) means[r] = s / (float)a.cols;
    return;
  }
  int c = blockIdx.x * 256 + threadIdx.x;
  if (c >= a.cols) return;
  float s = 0.f;
  for (int r = 0; r < a.rows; r++) {
    float v = widen(x[(size_t)r * a.stride + c]);
    s += v * v;
  }
  means[c] = s / (float)a.rows;
}
EXPORT(muon_squares)

KERNEL(256) muon_variance(MuonArguments a) {
  float *shared = (float *)dynamic_shared();
  const Matrix &w = a.matrices[blockIdx.z];
  int n = maximum(a.rows, a.cols);
  float *means = a.means + (size_t)blockIdx.z * n, before = 0.f, after = 0.f;
  for (int i = threadIdx.x; i < n; i += 256) {
    float v = means[i], second = w.second[i];
    second += 0.05f * (v - second);
    w.second[i] = second;
    float step = 1.f / square_root(second > 1e-10f ? second : 1e-10f);
    before += v;
    after += v * step * step;
    means[i] = step;
  }
  before = block_sum(before, shared);
  after = square_root(block_sum(after, shared));
  // Both sums lack the same factor, the length of a row or column, which only the guard against zero would see.
  float keep = square_root(before) / (after > 1e-10f ? after : 1e-10f);
  for (int i = threadIdx.x; i < n; i += 256) means[i] *= keep;
}
EXPORT(muon_variance)

KERNEL(256) muon_apply(MuonArguments a) {
  const Matrix &w = a.matrices[blockIdx.z];
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= a.rows * a.cols) return;
  int r = i / a.cols, c = i % a.cols;
  float step = a.means[(size_t)blockIdx.z * maximum(a.rows, a.cols) + (a.rows >= a.cols ? r : c)];
  float u = widen(a.x[((size_t)blockIdx.z * a.rows + r) * a.stride + c]) * step;
  float p = w.p[i], rate = w.rate * a.scalars[1], d = rate * u;
  if (u * p >= 0.f) d += rate * a.scalars[2] * p;
  p -= d;
  w.p[i] = p;
  if (w.copy) w.copy[i] = narrow(p);
}
EXPORT(muon_apply)
