// loss.cu for Hopper: the same by wgmma. A row's sum over a tile lies in the registers of four lanes.
// Slopes leave by bulk copies. FLOPs, bytes and floor as in loss.cu.
// In a step of README.md: floor 8.890 ms on an H100, 8.890 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "hopper_store.h"
#include "loss_finish.h"

struct HopperLossArguments {
  TensorMap maps[3];  // of h, or a chunk of it, w, and for loss_slope dz
  LossArguments l;
};

// What a lane must know of its two rows of a tile, read before the tile's products. Rows beyond the last work on that, and are not written.
struct Rows {
  int wanted[2];     // the target's column, counted from the lane's first in the tile
  float inverse[2];  // for loss_slope
};

template <bool SLOPES> DEVICE Rows rows_of(const LossArguments &a, const Place &p, int row0, int first, int rows) {
  Rows x;
#pragma unroll
  for (int h = 0; h < 2; h++) {
    int t = first + minimum(p.m0 + row0 + warp() % 4 * 16 + lane() / 4 + 8 * h, rows - 1);
    x.wanted[h] = target(a, t) - p.n0 - lane() % 4 * 2;
    if (SLOPES) x.inverse[h] = a.inverse[t];
  }
  return x;
}

DEVICE void loss_sums(const TensorMap *maps, const LossArguments &a) {
  Tiles tiles = {a.tokens, a.V, a.C, 0, 1};
  auto begin = [&](const Place &p, int row0) INLINE { return rows_of<false>(a, p, row0, 0, a.tokens); };
  product<true, true>(maps, tiles, begin, [&](const Place &p, int row0, const float (&d)[BN / 2], const Rows &x) INLINE {
    int across = tiles_across(tiles), left = a.V - p.n0 - lane() % 4 * 2;
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int t = p.m0 + row0 + warp() % 4 * 16 + lane() / 4 + 8 * h;
      float sum = 0.f, found = 0.f;
#pragma unroll
      for (int j = 0; j < BN / 8; j++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float capped = CAP * tanh_fast(d[4 * j + 2 * h + e] * (1.f / CAP));
          if (8 * j + e < left) sum += exp_fast(capped);
          if (8 * j + e == x.wanted[h]) found = capped;
        }
      if (t < a.tokens && x.wanted[h] >= 0 && x.wanted[h] < BN && x.wanted[h] % 8 < 2) a.logits[t] = found;  // then it is one of this lane's
      sum = quad_sum(sum);
      if (t < a.tokens && lane() % 4 == 0) a.sums[(size_t)t * across + p.n0 / BN] = sum;
    }
  });
}

DEVICE void loss_slope(const TensorMap *maps, const LossArguments &a) {
  auto begin = [&](const Place &p, int row0) INLINE { return rows_of<true>(a, p, row0, a.first, a.rows); };
  product<true, true>(maps, Tiles{a.rows, a.V, a.C, 0, 1}, begin, [&](const Place &p, int row0, const float (&d)[BN / 2], const Rows &x) INLINE {
    store_tile(maps + 2, p.m0 + row0, p.n0, 0, [&](int i) INLINE {
      int h = i / 2 % 2;
      return slope(a, d[i], x.inverse[h], x.wanted[h] == i / 4 * 8 + i % 2);
    });
  });
}

WITH_TENSOR_MAPS(hopper_loss_sums)
SHARING_KERNEL(384, 1) hopper_loss_sums(HopperLossArguments a) { loss_sums(TENSOR_MAPS(hopper_loss_sums, a), a.l); }
EXPORT(hopper_loss_sums)

WITH_TENSOR_MAPS(hopper_loss_slope)
SHARING_KERNEL(384, 1) hopper_loss_slope(HopperLossArguments a) { loss_slope(TENSOR_MAPS(hopper_loss_slope, a), a.l); }
EXPORT(hopper_loss_slope)
