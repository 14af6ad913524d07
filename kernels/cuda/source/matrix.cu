// d = a*b with an epilogue, all operands row-major with even strides. a and b are bf16, sums float32.
//
//   store          d = ab                                 bf16
//   add            d = aux + ab                           bf16; the residual stream
//   relu2          u = max(ab, 0), d = u^2                bf16 both; the MLP's first half
//   relu2_backward d = 2*aux*ab                           bf16; aux is u
//   blend          d = alpha*ab + beta*aux                bf16; Muon's polynomial
//   accumulate     d += ab                                float; a weight's gradient
//   partial        d[z] = ab over the z-th part of K      float; reduce.cu adds the parts in order
//
// The block (x, y, z) makes the tile of columns x, rows y, of matrix z of a batch, or over part z of K.
// FLOPs 2MNK, bytes 2(MK + NK) + 2 or 4 MN. At the model's shapes (M = tokens, N and K from 512 to 2048) the arithmetic is the
// floor: 2MNK over the tensor cores' rate. Tiles of 128x128 by 8 warps for large M and N, of 64x64 by 4 warps for small ones.
// Not yet measured on a device.
#include "product.h"

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
template <int W> DEVICE void finish(const MatrixArguments &a, size_t at, int n, Numbers<W> v) {
  bf16 *d = (bf16 *)a.d + at;
  float *f = (float *)a.d + at;
  Numbers<W> x = {}, u;
  if (a.epilogue == ADD || a.epilogue == RELU2_BACKWARD || a.epilogue == BLEND) {
    if (n == W) x = Numbers<W>::load(a.aux + at);
    else x.v[0] = widen(a.aux[at]);
  }
  if (a.epilogue == ACCUMULATE) {
    if (n == W) x = Numbers<W>::load(f);
    else x.v[0] = f[0];
  }
#pragma unroll
  for (int j = 0; j < W; j++) {
    float p = v.v[j];
    switch (a.epilogue) {
      case ADD: case ACCUMULATE: p += x.v[j]; break;
      case RELU2: u.v[j] = p > 0.f ? p : 0.f; p = u.v[j] * u.v[j]; break;
      case RELU2_BACKWARD: p *= 2.f * x.v[j]; break;
      case BLEND: p = a.alpha * p + a.beta * x.v[j]; break;
    }
    v.v[j] = p;
  }
  if (a.epilogue == ACCUMULATE || a.epilogue == PARTIAL) {
    if (n == W) v.store(f);
    else f[0] = v.v[0];
    return;
  }
  if (n == W) v.store(d);
  else d[0] = narrow(v.v[0]);
  if (a.epilogue == RELU2) {
    if (n == W) u.store(a.u + at);
    else a.u[at] = narrow(u.v[0]);
  }
}

template <class T> DEVICE void matrix(const MatrixArguments &a) {
  int m0 = blockIdx.y * T::BM, n0 = blockIdx.x * T::BN, z = blockIdx.z;
  int begin = a.part * z, end = a.part ? minimum(begin + a.part, a.K) : a.K;
  Sums<T> s;
  product<T>(s, dynamic_shared(), Operand{a.a + z * a.batch_a, a.stride_a, a.M}, Operand{a.b + z * a.batch_b, a.stride_b, a.N}, m0, n0, begin, end);
  const float *tile = spread<T>(s, dynamic_shared());
  const int W = T::W;  // where it is 2, N may be odd, and a row's last number comes alone
  for (int c = threadIdx.x; c < T::BM * T::BN / W; c += T::THREADS) {
    int row = c / (T::BN / W), column = c % (T::BN / W) * W;
    if (m0 + row >= a.M || n0 + column >= a.N) continue;
    size_t at = z * a.batch_d + (size_t)(m0 + row) * a.stride_d + n0 + column;
    finish<W>(a, at, minimum(W, a.N - n0 - column), Numbers<W>::load(tile + row * T::ROW + column));
  }
}

#define LARGE(name, A, B, W) \
  KERNEL(256) name(MatrixArguments a) { matrix<Tile<128, 128, 64, 32, A, B, W>>(a); } \
  EXPORT(name)
#define SMALL(name, A, B, W) \
  KERNEL(128) name(MatrixArguments a) { matrix<Tile<64, 64, 32, 32, A, B, W>>(a); } \
  EXPORT(name)

LARGE(matrix_nt_large_8, true, true, 8)
LARGE(matrix_nn_large_8, true, false, 8)
LARGE(matrix_tn_large_8, false, false, 8)
LARGE(matrix_nt_large_2, true, true, 2)
LARGE(matrix_nn_large_2, true, false, 2)
LARGE(matrix_tn_large_2, false, false, 2)
SMALL(matrix_nt_small_8, true, true, 8)
SMALL(matrix_nn_small_8, true, false, 8)
SMALL(matrix_tn_small_8, false, false, 8)
SMALL(matrix_nt_small_2, true, true, 2)
SMALL(matrix_nn_small_2, true, false, 2)
SMALL(matrix_tn_small_2, false, false, 2)
