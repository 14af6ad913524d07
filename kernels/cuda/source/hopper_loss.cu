// loss.cu for Hopper: the same by wgmma. A row's sums come from the tile in shared memory, a warp a row. Never run or assembled yet: it
// needs an assembler of CUDA 12.
#include "hopper_product.h"
#include "loss_finish.h"

SHARING_KERNEL(256, 1) hopper_loss_sums(LossArguments a) {
  int m0 = blockIdx.y * BM, n0 = blockIdx.x * BN;
  const float *tile = product<true, true>(Operand{a.h, a.C, a.tokens}, Operand{a.w, a.C, a.V}, m0, n0, 0, a.C);
  for (int row = warp(); row < BM; row += THREADS / WARP) {
    int t = m0 + row;
    if (t >= a.tokens) continue;
    int wanted = target(a, t) - n0;
    float sum = 0.f;
    for (int c = lane(); c < BN && n0 + c < a.V; c += WARP) {
      float capped = CAP * tanh_fast(tile[row * ROW + c] * (1.f / CAP));
      sum += exp_fast(capped);
      if (c == wanted) a.logits[t] = capped;
    }
    sum = warp_sum(sum);
    if (lane() == 0) a.sums[(size_t)t * gridDim.x + blockIdx.x] = sum;
  }
}
EXPORT(hopper_loss_sums)

SHARING_KERNEL(256, 1) hopper_loss_slope(LossArguments a) {
  int m0 = blockIdx.y * BM, n0 = blockIdx.x * BN;
  const float *tile = product<true, true>(Operand{a.h + (size_t)a.first * a.C, a.C, a.rows}, Operand{a.w, a.C, a.V}, m0, n0, 0, a.C);
  finish_slopes<BM, BN, ROW, THREADS>(a, tile, m0, n0);
}
EXPORT(hopper_loss_slope)
