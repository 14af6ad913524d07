// matrix.cu for Hopper: the same products and epilogues by wgmma. Every dimension but K is free; strides are multiples of 8.
//
// FLOPs, bytes and floor as in matrix.cu. A first version, without bulk tensor copies and warp specialisation. Never run or
// assembled yet: it needs an assembler of CUDA 12.
#include "epilogue.h"
#include "hopper_product.h"

template <bool A, bool B> DEVICE void matrix(const MatrixArguments &a) {
  int m0 = blockIdx.y * BM, n0 = blockIdx.x * BN, z = blockIdx.z;
  int begin = a.part * z, end = a.part ? minimum(begin + a.part, a.K) : a.K;
  const float *tile = product<A, B>(Operand{a.a + z * a.batch_a, a.stride_a, a.M}, Operand{a.b + z * a.batch_b, a.stride_b, a.N}, m0, n0, begin, end);
  finish_tile<BM, BN, ROW, 8, THREADS>(a, tile, m0, n0, z);
}

SHARING_KERNEL(256, 1) hopper_matrix_nt(MatrixArguments a) { matrix<true, true>(a); }
SHARING_KERNEL(256, 1) hopper_matrix_nn(MatrixArguments a) { matrix<true, false>(a); }
SHARING_KERNEL(256, 1) hopper_matrix_tn(MatrixArguments a) { matrix<false, false>(a); }
EXPORT(hopper_matrix_nt)
EXPORT(hopper_matrix_nn)
EXPORT(hopper_matrix_tn)
