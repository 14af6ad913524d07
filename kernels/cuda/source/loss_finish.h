// Logits as they leave a product; loss.cu says what becomes of them.
#pragma once
#include "device.h"

struct LossArguments {
  const bf16 *h, *w;
  const int *ids;  // rows of T+1; the target of token t is the next one
  float *sums, *logits;
  const float *inverse;  // 1/(sum*tokens), for loss_slope
  bf16 *dz;              // for loss_slope
  int tokens, T, C, V;
  int first, rows;       // for loss_slope: the chunk
  int stride;            // of dz
  float per_token;       // 1/tokens of the step
};

const float CAP = 15.f;

DEVICE int target(const LossArguments &a, int t) { return a.ids[t / a.T * (a.T + 1) + t % a.T + 1]; }

// The slope of a logit, of which inverse is its token's.
DEVICE float slope(const LossArguments &a, float logit, float inverse, bool wanted) {
  float x = tanh_fast(logit * (1.f / CAP));
  return (exp_fast(CAP * x) * inverse - (wanted ? a.per_token : 0.f)) * (1.f - x * x);
}

// The slopes of W neighbouring logits, at a row of the chunk and a column. What lies beyond V means nothing.
template <int W> DEVICE Numbers<W> slopes(const LossArguments &a, int row, int column, const Numbers<W> &logits) {
  int t = a.first + row, wanted = target(a, t) - column;
  float inverse = a.inverse[t];
  Numbers<W> d;
#pragma unroll
  for (int e = 0; e < W; e++) d.v[e] = slope(a, logits.v[e], inverse, wanted == e);
  return d;
}

// Writes the slopes of a tile of BM rows, ROW floats apart, and BN columns at (m0, n0) of the chunk.
template <int BM, int BN, int ROW, int THREADS> DEVICE void finish_slopes(const LossArguments &a, const float *tile, int m0, int n0) {
  for (int i = threadIdx.x; i < BM * BN / 2; i += THREADS) {
    int row = i / (BN / 2), column = i % (BN / 2) * 2;
    if (m0 + row >= a.rows || n0 + column >= a.V) continue;
    // Where V is odd, the last pair's second number lies between the rows of dz.
    slopes(a, m0 + row, n0 + column, Numbers<2>::load(tile + row * ROW + column)).store(a.dz + (size_t)(m0 + row) * a.stride + n0 + column);
  }
}
