// attention.cu for Hopper, for head sizes 64 and 128: causal attention over a sliding window, forward, by wgmma.
//
// A block takes 128 queries of one head, 64 a warpgroup, and 128 keys pass at a time through three stages, or four where HS is 64. While the
// matrix units add one block's values, the exponentials of the next block's scores are made: scores of the next block are asked
// for first, then the sums of this one. Blocks of keys that no query sees are never touched, and only the first and last blocks
// are masked number by number.
// FLOPs, bytes and floor as in attention.cu.
// In a step of README.md: floor 7.229 ms on an H100, 7.229 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "attention_arguments.h"
#include "hopper_attention.h"

struct HopperAttentionArguments {
  TensorMap maps[3];  // of q, k and v
  AttentionArguments a;
  int sequences, unused;
};

const int KEYS = 128;

// Turns scores of 64 queries and the keys from key0 on into exponentials, and adds each row's to sum. query is the lane's first.
template <bool MASKED> DEVICE void exponentials(float (&s)[KEYS / 2], float (&sum)[2], int query, int key0, int window, float scale) {
#pragma unroll
  for (int i = 0; i < KEYS / 2; i++) {
    int key = key0 + i / 4 * 8 + lane() % 4 * 2 + i % 2;
    s[i] = exp2_fast(!MASKED || seen(query + i / 2 % 2 * 8 - key, window) ? s[i] * scale : HIDDEN);
    sum[i / 2 % 2] += s[i];
  }
}

template <int D, int STAGES> DEVICE void attention(const TensorMap *maps, const HopperAttentionArguments &args) {
  using R = Ring<D, KEYS, STAGES, 1, 0>;
  const AttentionArguments &a = args.a;
  Schedule schedule = {a.T, a.NH, args.sequences, a.window};
  R::begin(1);
  int group = threadIdx.x / 128;
  if (group == 0) {
    give_registers<40>();
    if (warp() == 0)
      pass_by<R, 1, KEYS, STAGES, false>(maps, schedule, [&](int i) INLINE { return queries_at<KEYS>(schedule, i); }, [](int, const Group &, int) INLINE {});
    return;
  }
  take_registers<232>();
  Turn<STAGES> turn = {0, 0};
  int parity = 0, row = 64 * (group - 1);
  float scale = a.scale * LOG2E;
  for (int i = blockIdx.x, all = group_count(schedule); i < all; i += gridDim.x, parity ^= 1) {
    Group g = queries_at<KEYS>(schedule, i);
    int query = g.row0 + row + warp() % 4 * 16 + lane() / 4;
    float y[D / 2], s[KEYS / 2], sum[2] = {0.f, 0.f};
    u32 p[KEYS / 16][4];
    // A block is seen whole where its last key is no later than the first query, and its first in the last one's window.
    auto weigh = [&](int block) INLINE {
      if ((block + 1) * KEYS - 1 > g.row0 || block * KEYS < g.row0 + OWN - 1 - a.window) exponentials<true>(s, sum, query, block * KEYS, a.window, scale);
      else exponentials<false>(s, sum, query, block * KEYS, a.window, scale);
    };
#pragma unroll
    for (int j = 0; j < D / 2; j++) y[j] = 0.f;
    barrier_wait(R::own_full(), parity);
    barrier_wait(R::full(turn.stage), turn.parity);
    group_begin();
    scores<D, KEYS>(s, R::own(0), row, R::tile(turn.stage, 0));
    group_commit();
    group_wait<0>();
    group_done(s);
    weigh(g.from);
    pack_rows<KEYS>(p, s);
    for (int block = g.from + 1; block < g.to; block++) {
      int before = turn.stage;
      turn.next();
      barrier_wait(R::full(turn.stage), turn.parity);
      group_begin();
      scores<D, KEYS>(s, R::own(0), row, R::tile(turn.stage, 0));
      group_commit();
      mix_rows<D, KEYS>(y, p, R::tile(before, 1));
      group_commit();
      group_wait<1>();
      group_done(s);
      weigh(block);
      group_wait<0>();
      group_done(y);
      if (lane() == 0) barrier_arrive(R::empty(before));
      pack_rows<KEYS>(p, s);
    }
    if (lane() == 0) barrier_arrive(R::own_empty());
    group_begin();
    mix_rows<D, KEYS>(y, p, R::tile(turn.stage, 1));
    group_commit();
    group_wait<0>();
    group_done(y);
    if (lane() == 0) barrier_arrive(R::empty(turn.stage));
    turn.next();
    sum[0] = quad_sum(sum[0]);
    sum[1] = quad_sum(sum[1]);
    size_t token = (size_t)g.sequence * a.T;
    write_rows<D>(a.y + token * a.stride_y + g.head * D, a.stride_y, a.T, g.row0 + row, y, reciprocal(sum[0]), reciprocal(sum[1]));
    if (lane() % 4 == 0) {
#pragma unroll
      for (int h = 0; h < 2; h++)
        if (query + 8 * h < a.T) a.lse[(token + query + 8 * h) * a.NH + g.head] = log_fast(sum[h]);
    }
  }
}

#define HOPPER_FORWARD(D, STAGES) \
  WITH_TENSOR_MAPS(hopper_attention_##D) \
  SHARING_KERNEL(384, 1) hopper_attention_##D(HopperAttentionArguments a) { attention<D, STAGES>(TENSOR_MAPS(hopper_attention_##D, a), a); } \
  EXPORT(hopper_attention_##D)
HOPPER_FORWARD(64, 4)
HOPPER_FORWARD(128, 3)
