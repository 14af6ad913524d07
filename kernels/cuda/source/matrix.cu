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
// In a step of README.md: floor 90.545 ms on an H100, 83.127 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "epilogue.h"
#include "product.h"

template <class T> DEVICE void matrix(const MatrixArguments &a) {
  int m0 = blockIdx.y * T::BM, n0 = blockIdx.x * T::BN, z = blockIdx.z;
  int begin = a.part * z, end = a.part ? minimum(begin + a.part, a.K) : a.K;
  Sums<T> s;
  product<T>(s, dynamic_shared(), Operand{a.a + z * a.batch_a, a.stride_a, a.M}, Operand{a.b + z * a.batch_b, a.stride_b, a.N}, m0, n0, begin, end);
  finish_tile<T::BM, T::BN, T::ROW, T::W, T::THREADS>(a, spread<T>(s, dynamic_shared()), m0, n0, z);
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
