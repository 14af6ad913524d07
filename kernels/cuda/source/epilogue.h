// What a matrix product does with its finished tile; matrix.cu says what each does.
#pragma once
#include "device.h"

enum Epilogue { STORE, ADD, RELU2, RELU2_BACKWARD, BLEND, ACCUMULATE, PARTIAL };

struct MatrixArguments {
  const bf16 *a, *b;
  void *d;
  const bf16 *aux;
  bf16 *u;
  long long batch_a, batch_b, batch_d;  // numbers from one matrix of the batch to the next; aux lies as d does
  int M, N, K, stride_a, stride_b, stride_d;
  int part;  // of K per z; 0 for all of it
  int epilogue;
  float alpha, beta;
};

// Finishes n of the W neighbouring numbers v at place `at` of d.
template <int W> DEVICE void finish(const MatrixArguments &a, int epilogue, size_t at, int n, Numbers<W> v) {
  bf16 *d = (bf16 *)a.d + at;
  float *f = (float *)a.d + at;
  Numbers<W> x = {}, u;
  if (epilogue == ADD || epilogue == RELU2_BACKWARD || epilogue == BLEND) {
    if (n == W) x = Numbers<W>::load(a.aux + at);
    else x.v[0] = widen(a.aux[at]);
  }
  if (epilogue == ACCUMULATE) {
    if (n == W) x = Numbers<W>::load(f);
    else x.v[0] = f[0];
  }
#pragma unroll
  for (int j = 0; j < W; j++) {
    float p = v.v[j];
    switch (epilogue) {
      case ADD: case ACCUMULATE: p += x.v[j]; break;
      case RELU2: u.v[j] = p > 0.f ? p : 0.f; p = u.v[j] * u.v[j]; break;
      case RELU2_BACKWARD: p *= 2.f * x.v[j]; break;
      case BLEND: p = a.alpha * p + a.beta * x.v[j]; break;
    }
    v.v[j] = p;
  }
  if (epilogue == ACCUMULATE || epilogue == PARTIAL) {
    if (n == W) v.store(f);
    else f[0] = v.v[0];
    return;
  }
  if (n == W) v.store(d);
  else d[0] = narrow(v.v[0]);
  if (epilogue == RELU2) {
    if (n == W) u.store(a.u + at);
    else a.u[at] = narrow(u.v[0]);
  }
}

// Finishes a tile that lies in shared memory as rows of ROW floats, BM x BN of d at (m0, n0) of matrix or part z.
template <int BM, int BN, int ROW, int W, int THREADS>
DEVICE void finish_tile(const MatrixArguments &a, const float *tile, int m0, int n0, int z) {
  // Where W is 2, N may be odd, and a row's last number comes alone.
  for (int c = threadIdx.x; c < BM * BN / W; c += THREADS) {
    int row = c / (BN / W), column = c % (BN / W) * W;
    if (m0 + row >= a.M || n0 + column >= a.N) continue;
    size_t at = z * a.batch_d + (size_t)(m0 + row) * a.stride_d + n0 + column;
    finish<W>(a, a.epilogue, at, minimum(W, a.N - n0 - column), Numbers<W>::load(tile + row * ROW + column));
  }
}
