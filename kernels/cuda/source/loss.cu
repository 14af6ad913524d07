// The classifier, its softcap and the cross-entropy, without the logits ever standing in memory whole.
//
//   s = 15*tanh(z/15), z = h*W^T;  nats = log(sum(e^s)) - s[target]
//   dz = (e^s/sum - [target])*(1 - tanh^2(z/15))/tokens of the step
//
// A capped logit is within +-15, so its exponential needs no maximum taken off.
//   loss_sums:  the sum of e^s over a tile's columns for each row, and s of the target
//   loss_nats:  adds a row's sums in order; nats, and 1/(sum*tokens) for the gradient
//   loss_slope: dz for a chunk of rows, from logits computed again: 2CV FLOPs more a token, which at C 512 take less time than the
//               4V bytes of writing and reading them in float32 would
// h: bf16, tokens x C. W: bf16, V x C. sums: float, tokens x tiles. dz: bf16, chunk x V at an even stride.
// FLOPs 2CV a token for loss_sums and for loss_slope; bytes 2CV a block of rows, small beside. Floor: the tensor cores' rate, or
// three exponentials' worth of the special function unit a logit.
// In a step of README.md: floor 8.932 ms on an H100, 8.920 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "loss_finish.h"
#include "product.h"

template <class T> DEVICE void loss_sums(const LossArguments &a) {
  const int WARPS = T::BN / T::WN;  // side by side
  int m0 = blockIdx.y * T::BM, n0 = blockIdx.x * T::BN;
  Sums<T> s;
  product<T>(s, dynamic_shared(), Operand{a.h, a.C, a.tokens}, Operand{a.w, a.C, a.V}, m0, n0, 0, a.C);
  __syncthreads();
  float *parts = (float *)dynamic_shared();  // BM x WARPS
  int r = warp_row<T>() + lane() / 4, c = n0 + warp_column<T>() + lane() % 4 * 2;
#pragma unroll
  for (int i = 0; i < T::WM / 16; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int row = r + 16 * i + 8 * h, t = m0 + row, wanted = t < a.tokens ? target(a, t) : -1;
      float sum = 0.f;
#pragma unroll
      for (int j = 0; j < T::WN / 8; j++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          int column = c + 8 * j + e;
          float capped = CAP * tanh_fast(s.v[i][j][2 * h + e] * (1.f / CAP));
          if (column < a.V) sum += exp_fast(capped);
          if (column == wanted) a.logits[t] = capped;
        }
      sum = quad_sum(sum);
      if (lane() % 4 == 0) parts[row * WARPS + warp() % WARPS] = sum;
    }
  __syncthreads();
  for (int row = threadIdx.x; row < T::BM && m0 + row < a.tokens; row += T::THREADS) {
    float sum = 0.f;
    for (int i = 0; i < WARPS; i++) sum += parts[row * WARPS + i];
    a.sums[(size_t)(m0 + row) * gridDim.x + blockIdx.x] = sum;
  }
}

template <class T> DEVICE void loss_slope(const LossArguments &a) {
  int m0 = blockIdx.y * T::BM, n0 = blockIdx.x * T::BN;
  Sums<T> s;
  product<T>(s, dynamic_shared(), Operand{a.h + (size_t)a.first * a.C, a.C, a.rows}, Operand{a.w, a.C, a.V}, m0, n0, 0, a.C);
  finish_slopes<T::BM, T::BN, T::ROW, T::THREADS>(a, spread<T>(s, dynamic_shared()), m0, n0);
}

using Large = Tile<128, 128, 64, 32, true, true, 8>;
using Small8 = Tile<64, 64, 32, 32, true, true, 8>;
using Small2 = Tile<64, 64, 32, 32, true, true, 2>;
KERNEL(256) loss_sums_large_8(LossArguments a) { loss_sums<Large>(a); }
KERNEL(128) loss_sums_small_8(LossArguments a) { loss_sums<Small8>(a); }
KERNEL(128) loss_sums_small_2(LossArguments a) { loss_sums<Small2>(a); }
KERNEL(256) loss_slope_large_8(LossArguments a) { loss_slope<Large>(a); }
KERNEL(128) loss_slope_small_8(LossArguments a) { loss_slope<Small8>(a); }
KERNEL(128) loss_slope_small_2(LossArguments a) { loss_slope<Small2>(a); }
EXPORT(loss_sums_large_8)
EXPORT(loss_sums_small_8)
EXPORT(loss_sums_small_2)
EXPORT(loss_slope_large_8)
EXPORT(loss_slope_small_8)
EXPORT(loss_slope_small_2)

struct NatsArguments {
  const float *sums, *logits;
  float *nats, *inverse;
  int tokens, tiles;
  float per_token;
  int unused;
};

KERNEL(256) loss_nats(NatsArguments a) {
  int t = blockIdx.x * 256 + threadIdx.x;
  if (t >= a.tokens) return;
  float sum = 0.f;
  for (int i = 0; i < a.tiles; i++) sum += a.sums[(size_t)t * a.tiles + i];
  a.nats[t] = log_fast(sum) - a.logits[t];
  a.inverse[t] = a.per_token / sum;
}
EXPORT(loss_nats)
