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

DEVICE bool reads_aux(int epilogue) { return epilogue == ADD || epilogue == RELU2_BACKWARD || epilogue == BLEND; }

// What an epilogue reads for n of W neighbouring numbers at place `at` of d. It is to be asked for well before it is used: a store between
// makes the next read wait for this one.
template <int W> DEVICE Numbers<W> beside(const MatrixArguments &a, int epilogue, size_t at, int n) {
  Numbers<W> x = {};
  const float *f = (const float *)a.d + at;
  if (reads_aux(epilogue)) {
    if (n == W) x = Numbers<W>::load(a.aux + at);
    else x.v[0] = widen(a.aux[at]);
  }
  if (epilogue == ACCUMULATE) {
    if (n == W) x = Numbers<W>::load(f);
    else x.v[0] = f[0];
  }
  return x;
}

// Finishes n of the W neighbouring numbers v at place `at` of d, with what is beside them.
template <int W> DEVICE void finish(const MatrixArguments &a, int epilogue, size_t at, int n, Numbers<W> v, const Numbers<W> &x) {
  bf16 *d = (bf16 *)a.d + at;
  float *f = (float *)a.d + at;
  Numbers<W> u;
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

// Finishes a tile that lies in shared memory as rows of ROW floats, BM x BN of d at (m0, n0) of matrix or part z. Where W is 8, all that a thread
// reads is on its way together; narrower places would take more registers than two blocks have.
template <int BM, int BN, int ROW, int W, int THREADS>
DEVICE void finish_tile(const MatrixArguments &a, const float *tile, int m0, int n0, int z) {
  const int TOGETHER = W == 8 ? BM * BN / W / THREADS : 1;
  // Where W is 2, N may be odd, and a row's last number comes alone.
  for (int first = threadIdx.x; first < BM * BN / W; first += TOGETHER * THREADS) {
    Numbers<W> x[TOGETHER];
    int rows[TOGETHER], columns[TOGETHER];
    size_t at[TOGETHER];
#pragma unroll
    for (int i = 0; i < TOGETHER; i++) {
      int c = first + i * THREADS;
      rows[i] = c / (BN / W), columns[i] = c % (BN / W) * W;
      at[i] = z * a.batch_d + (size_t)(m0 + rows[i]) * a.stride_d + n0 + columns[i];
      if (m0 + rows[i] < a.M && n0 + columns[i] < a.N) x[i] = beside<W>(a, a.epilogue, at[i], minimum(W, a.N - n0 - columns[i]));
    }
#pragma unroll
    for (int i = 0; i < TOGETHER; i++)
      if (m0 + rows[i] < a.M && n0 + columns[i] < a.N)
        finish<W>(a, a.epilogue, at[i], minimum(W, a.N - n0 - columns[i]), Numbers<W>::load(tile + rows[i] * ROW + columns[i]), x[i]);
  }
}
