// qkv_product.cu for Hopper: the same by wgmma. Never run or assembled yet: it needs an assembler of CUDA 12.
#include "hopper_product.h"
#include "qkv_finish.h"

SHARING_KERNEL(256, 1) hopper_qkv(QKVProductArguments a) {
  int m0 = blockIdx.y * BM, n0 = blockIdx.x * BN;
  const float *tile = product<true, true>(Operand{a.h, a.C, a.tokens}, Operand{a.w, a.C, 3 * a.C}, m0, n0, 0, a.C);
  finish_heads<BM, BN, ROW, THREADS>(a, tile, m0, n0);
}
EXPORT(hopper_qkv)
