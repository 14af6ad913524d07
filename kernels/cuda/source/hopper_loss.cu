// loss.cu for Hopper: the same by wgmma. A row's sum over a tile lies in the registers of four lanes.
// Slopes leave by bulk copies. FLOPs, bytes and floor as in loss.cu.
// In a step of README.md: floor 8.890 ms on an H100, 8.890 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "hopper_store.h"
#include "loss_finish.h"

struct HopperLossArguments {
  TensorMap maps[3];  // of h, or a chunk of it, w, and for loss_slope dz
  LossArguments l;
};

DEVICE void loss_sums(const TensorMap *maps, const LossArguments &a) {
  Tiles tiles = {a.tokens, a.V, a.C, 0, 1};
  product<true, true>(maps, tiles, [&](const Place &p, int row0, const float (&d)[BN / 2]) INLINE {
    int across = tiles_across(tiles), c = p.n0 + lane() % 4 * 2;
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int t = p.m0 + row0 + warp() % 4 * 16 + lane() / 4 + 8 * h, wanted = t < a.tokens ? target(a, t) : -1;
      float sum = 0.f;
#pragma unroll
      for (int j = 0; j < BN / 8; j++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          int column = c + 8 * j + e;
          float capped = CAP * tanh_fast(d[4 * j + 2 * h + e] * (1.f / CAP));
          if (column < a.V) sum += exp_fast(capped);
          if (column == wanted) a.logits[t] = capped;
        }
      sum = quad_sum(sum);
      if (t < a.tokens && lane() % 4 == 0) a.sums[(size_t)t * across + p.n0 / BN] = sum;
    }
  });
}

DEVICE void loss_slope(const TensorMap *maps, const LossArguments &a) {
  product<true, true>(maps, Tiles{a.rows, a.V, a.C, 0, 1}, [&](const Place &p, int row0, const float (&d)[BN / 2]) INLINE {
    int wanted[2];  // of a lane's two rows, counted from its first column
    float inverse[2];
#pragma unroll
    for (int h = 0; h < 2; h++) {
      // Rows beyond the chunk work on its last, and are not written.
      int t = a.first + minimum(p.m0 + row0 + warp() % 4 * 16 + lane() / 4 + 8 * h, a.rows - 1);
      wanted[h] = target(a, t) - p.n0 - lane() % 4 * 2;
      inverse[h] = a.inverse[t];
    }
    store_tile(maps + 2, p.m0 + row0, p.n0, 0, [&](int i) INLINE {
      int h = i / 2 % 2;
      return slope(a, d[i], inverse[h], wanted[h] == i / 4 * 8 + i % 2);
    });
  });
}

WITH_TENSOR_MAPS(hopper_loss_sums)
SHARING_KERNEL(384, 1) hopper_loss_sums(HopperLossArguments a) { loss_sums(TENSOR_MAPS(hopper_loss_sums, a), a.l); }
EXPORT(hopper_loss_sums)

WITH_TENSOR_MAPS(hopper_loss_slope)
SHARING_KERNEL(384, 1) hopper_loss_slope(HopperLossArguments a) { loss_slope(TENSOR_MAPS(hopper_loss_slope, a), a.l); }
EXPORT(hopper_loss_slope)
