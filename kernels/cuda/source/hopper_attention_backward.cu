// attention_backward.cu for Hopper, for head sizes 64 and 128: the gradients of attention by wgmma, dq by blocks of queries, dk and dv by
// blocks of keys, with the same formulas and for the same reason two kernels.
//
// A block takes 128 rows, 64 a warpgroup, and rows of the other side pass 64 at a time, as many as leave all sums in registers where HS is
// 128. Scores and dy.v are asked for together; while the second is under way the first becomes probabilities, and these multiply
// while the slopes are made. Where keys are the block's own, scores stand transposed, so that probabilities are again a left
// operand that never leaves the registers; lse and along of the queries that pass come beside them in each stage.
// FLOPs and floor as in attention_backward.cu.
// In a step of README.md: floor 25.303 ms on an H100, 25.303 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "attention_arguments.h"
#include "hopper_attention.h"

struct HopperAttentionBackwardArguments {
  TensorMap maps[4];  // of the two arrays whose rows are the block's own, and of the two whose rows pass
  AttentionBackwardArguments a;
  int sequences, unused;
};

const int PASSING = 64;

template <int D, int STAGES> DEVICE void query_gradient(const TensorMap *maps, const HopperAttentionBackwardArguments &args) {
  using R = Ring<D, PASSING, STAGES, 2, 0>;
  const AttentionBackwardArguments &a = args.a;
  Schedule schedule = {a.T, a.NH, args.sequences, a.window};
  R::begin(1);
  int group = threadIdx.x / 128;
  if (group == 0) {
    give_registers<40>();
    if (warp() == 0)
      pass_by<R, 2, PASSING, STAGES, false>(maps, schedule, [&](int i) INLINE { return queries_at<PASSING>(schedule, i); }, [](int, const Group &, int) INLINE {});
    return;
  }
  take_registers<232>();
  Turn<STAGES> turn = {0, 0};
  int parity = 0, row = 64 * (group - 1);
  float scale = a.scale * LOG2E;
  for (int i = blockIdx.x, all = group_count(schedule); i < all; i += gridDim.x, parity ^= 1) {
    Group g = queries_at<PASSING>(schedule, i);
    int query = g.row0 + row + warp() % 4 * 16 + lane() / 4;
    size_t token = (size_t)g.sequence * a.T;
    float dq[D / 2], lse[2] = {0.f, 0.f}, along[2] = {0.f, 0.f};
#pragma unroll
    for (int j = 0; j < D / 2; j++) dq[j] = 0.f;
#pragma unroll
    for (int h = 0; h < 2; h++)
      if (query + 8 * h < a.T) {
        size_t at = (token + query + 8 * h) * a.NH + g.head;
        lse[h] = a.lse[at] * LOG2E;
        along[h] = a.along[at];
      }
    barrier_wait(R::own_full(), parity);
    for (int block = g.from; block < g.to; block++) {
      float s[PASSING / 2], dp[PASSING / 2];
      u32 p[PASSING / 16][4];
      barrier_wait(R::full(turn.stage), turn.parity);
      group_begin();
      scores<D, PASSING>(s, R::own(0), row, R::tile(turn.stage, 0));
      group_commit();
      scores<D, PASSING>(dp, R::own(1), row, R::tile(turn.stage, 1));
      group_commit();
      group_wait<1>();
      group_done(s);
#pragma unroll
      for (int j = 0; j < PASSING / 2; j++) {
        int h = j / 2 % 2, key = block * PASSING + j / 4 * 8 + lane() % 4 * 2 + j % 2;
        s[j] = exp2_fast(seen(query + 8 * h - key, a.window) ? s[j] * scale - lse[h] : HIDDEN);
      }
      group_wait<0>();
      group_done(dp);
#pragma unroll
      for (int j = 0; j < PASSING / 2; j++) s[j] *= dp[j] - along[j / 2 % 2];
      pack_rows<PASSING>(p, s);
      group_begin();
      mix_rows<D, PASSING>(dq, p, R::tile(turn.stage, 0));
      group_commit();
      group_wait<0>();
      group_done(dq);
      if (lane() == 0) barrier_arrive(R::empty(turn.stage));
      turn.next();
    }
    if (lane() == 0) barrier_arrive(R::own_empty());
    write_rows<D>(a.dq + token * a.stride_d + g.head * D, a.stride_d, a.T, g.row0 + row, dq, a.scale, a.scale);
  }
}

template <int D, int STAGES> DEVICE void key_gradient(const TensorMap *maps, const HopperAttentionBackwardArguments &args) {
  using R = Ring<D, PASSING, STAGES, 2, 2>;
  const AttentionBackwardArguments &a = args.a;
  Schedule schedule = {a.T, a.NH, args.sequences, a.window};
  R::begin(2);
  int group = threadIdx.x / 128;
  if (group == 0) {
    give_registers<40>();
    if (warp() == 0)
      pass_by<R, 2, PASSING, STAGES, true>(maps, schedule, [&](int i) INLINE { return keys_at<PASSING>(schedule, i); },
        [&](int stage, const Group &g, int block) INLINE {
          float *terms = R::terms(stage);
          for (int j = lane(); j < PASSING; j += WARP) {
            int query = minimum(block * PASSING + j, a.T - 1);
            size_t at = ((size_t)g.sequence * a.T + query) * a.NH + g.head;
            terms[j] = a.lse[at] * LOG2E;
            terms[PASSING + j] = a.along[at];
          }
        });
    return;
  }
  take_registers<232>();
  Turn<STAGES> turn = {0, 0};
  int parity = 0, row = 64 * (group - 1);
  float scale = a.scale * LOG2E;
  for (int i = blockIdx.x, all = group_count(schedule); i < all; i += gridDim.x, parity ^= 1) {
    Group g = keys_at<PASSING>(schedule, i);
    int key = g.row0 + row + warp() % 4 * 16 + lane() / 4;
    float dk[D / 2], dv[D / 2];
#pragma unroll
    for (int j = 0; j < D / 2; j++) dk[j] = dv[j] = 0.f;
    barrier_wait(R::own_full(), parity);
    for (int block = g.from; block < g.to; block++) {
      float s[PASSING / 2], dp[PASSING / 2];
      u32 p[PASSING / 16][4], ds[PASSING / 16][4];
      const float *terms = R::terms(turn.stage) + lane() % 4 * 2;
      barrier_wait(R::full(turn.stage), turn.parity);
      group_begin();
      scores<D, PASSING>(s, R::own(0), row, R::tile(turn.stage, 0));
      group_commit();
      scores<D, PASSING>(dp, R::own(1), row, R::tile(turn.stage, 1));
      group_commit();
      group_wait<1>();
      group_done(s);
#pragma unroll
      for (int j = 0; j < PASSING / 2; j++) {
        int at = j / 4 * 8 + j % 2, query = block * PASSING + at + lane() % 4 * 2;
        float power = s[j] * scale - terms[at];
        s[j] = exp2_fast(seen(query - key - j / 2 % 2 * 8, a.window) ? power : HIDDEN);
      }
      pack_rows<PASSING>(p, s);
      group_wait<0>();
      group_done(dp);
      group_begin();
      mix_rows<D, PASSING>(dv, p, R::tile(turn.stage, 1));
      group_commit();
#pragma unroll
      for (int j = 0; j < PASSING / 2; j++) s[j] *= dp[j] - terms[PASSING + j / 4 * 8 + j % 2];
      pack_rows<PASSING>(ds, s);
      group_begin();
      mix_rows<D, PASSING>(dk, ds, R::tile(turn.stage, 0));
      group_commit();
      group_wait<0>();
      group_done(dk);
      group_done(dv);
      if (lane() == 0) barrier_arrive(R::empty(turn.stage));
      turn.next();
    }
    if (lane() == 0) barrier_arrive(R::own_empty());
    size_t to = (size_t)g.sequence * a.T * a.stride_d + g.head * D;
    write_rows<D>(a.dk + to, a.stride_d, a.T, g.row0 + row, dk, a.scale, a.scale);
    write_rows<D>(a.dv + to, a.stride_d, a.T, g.row0 + row, dv, 1.f, 1.f);
  }
}

#define HOPPER_BACKWARD(D, STAGES) \
  WITH_TENSOR_MAPS(hopper_query_gradient_##D) \
  SHARING_KERNEL(384, 1) hopper_query_gradient_##D(HopperAttentionBackwardArguments a) { query_gradient<D, STAGES>(TENSOR_MAPS(hopper_query_gradient_##D, a), a); } \
  EXPORT(hopper_query_gradient_##D) \
  WITH_TENSOR_MAPS(hopper_key_gradient_##D) \
  SHARING_KERNEL(384, 1) hopper_key_gradient_##D(HopperAttentionBackwardArguments a) { key_gradient<D, STAGES>(TENSOR_MAPS(hopper_key_gradient_##D, a), a); } \
  EXPORT(hopper_key_gradient_##D)
HOPPER_BACKWARD(64, 4)
HOPPER_BACKWARD(128, 3)
