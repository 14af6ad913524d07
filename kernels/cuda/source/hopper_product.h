// The inner part of matrix products on Hopper, as product.h is elsewhere: tiles of a*b by wgmma from a ring that bulk copies fill.
//
// Blocks come in clusters of two, which stay on their multiprocessors and take one pair of tiles of 128 x 256 after the other, one below the
// other. The first warpgroup of a block keeps few registers, and one of its threads does nothing but start copies into four stages 64
// deep, as soon as a stage is free in both blocks, across tiles too. The other two multiply 64 rows each (one instruction of 256
// columns for every 16 of K), with the instructions of one stage under way while those of the next are given, and finish their sums in
// registers while the next tile's stages fill.
//
// Both blocks need the same columns of b, so each brings half of them and the copy writes it into both. What a stage of a block asks of
// the second-level cache falls from 16 KiB of a and 32 KiB of b to 16 + 16. At the peak of 989 TFLOP/s all blocks together go through 236
// million stages a second, each 4.19 MFLOP: 7.7 TB/s instead of 11.6, and a tile of K 512 takes 256 KiB instead of 384. Sharing a
// instead would save 8 KiB a stage. Four blocks that share both would need 24 KiB, but of the 16 or 18 multiprocessors
// that H100s and H200s have in a group, clusters of four leave two of 18 idle. Bytes from memory are the same, as long as the cache holds b.
#pragma once
#include "hopper.h"
#include "pipeline.h"

const int BM = 128, BN = 256, BK = 64, STAGES = 4, THREADS = 384;
const int A_BYTES = BM * BK * 2, STAGE_BYTES = (BM + BN) * BK * 2;
const int CLUSTER = 2;

// All tiles of a launch. part cuts K as MatrixArguments says; otherwise there are `count` matrices.
struct Tiles {
  int M, N, K, part, count;
};

// One of them: its corner, its matrix or part of K, and where K begins and how many stages it has. That of a cluster's second block may lie
// below the matrix: copies bring zeros there, and nothing is written.
struct Place {
  int m0, n0, z, begin, steps;
};

DEVICE int tiles_across(const Tiles &t) { return (t.N + BN - 1) / BN; }

DEVICE int pairs_down(const Tiles &t) { return (t.M + CLUSTER * BM - 1) / (CLUSTER * BM); }

DEVICE int pair_count(const Tiles &t) { return tiles_across(t) * pairs_down(t) * t.count; }

// Pairs side by side follow one another, so that rows of a are in the cache when neighbours need them.
DEVICE Place place_of(const Tiles &t, int pair, int rank) {
  int across = tiles_across(t), down = pairs_down(t), row = pair / across, z = row / down;
  int begin = t.part * z, end = t.part ? minimum(begin + t.part, t.K) : t.K;
  return {(row % down * CLUSTER + rank) * BM, pair % across * BN, z, begin, (end - begin + BK - 1) / BK};
}

// Calls f(place) for every tile of this block.
template <class F> DEVICE void each_tile(const Tiles &t, F f) {
  int rank = cluster_rank();
  for (int pair = blockIdx.x / CLUSTER, all = pair_count(t); pair < all; pair += gridDim.x / CLUSTER) f(place_of(t, pair, rank));
}

// Starts the copies of a block's rows of a into a stage: from row0 on, at depth k.
template <bool CONTIGUOUS> DEVICE void fill(char *to, const TensorMap *map, int row0, int k, int matrix, Barrier *full) {
  if (CONTIGUOUS) return copy_box(to, map, k, row0, matrix, full);
#pragma unroll
  for (int i = 0; i < BM; i += ROW_NUMBERS) copy_box(to + i * ROW_BYTES, map, row0 + i, k, matrix, full);
}
// Starts the copies of this block's share of b's columns, into the stages of all blocks of the cluster.
template <bool CONTIGUOUS> DEVICE void fill_all(char *to, const TensorMap *map, int column0, int k, int matrix, Barrier *full) {
  const int SHARE = BN / CLUSTER;
  int first = cluster_rank() * SHARE;
  if (CONTIGUOUS) return copy_box_to(to + first * ROW_BYTES, map, k, column0 + first, matrix, full, (1 << CLUSTER) - 1);
#pragma unroll
  for (int i = 0; i < SHARE; i += ROW_NUMBERS)
    copy_box_to(to + (first + i) * ROW_BYTES, map, column0 + first + i, k, matrix, full, (1 << CLUSTER) - 1);
}

// The thread that copies: maps are those of a and b. A stage expects all its bytes, whoever brings them; those of the other block may come
// before this one expects them, but not before its stage is free. It leaves when every stage is free again, because until then the other
// block copies into this one and arrives at its barriers.
template <bool A, bool B> DEVICE void produce(const TensorMap *maps, const Tiles &t, char *stages, Barrier *full, Barrier *empty) {
  Turn<STAGES> turn = {0, 1};
  each_tile(t, [&](const Place &p) INLINE {
    int matrix = t.part ? 0 : p.z;
    for (int step = 0; step < p.steps; step++, turn.next()) {
      char *stage = stages + turn.stage * STAGE_BYTES;
      barrier_wait(empty + turn.stage, turn.parity);
      barrier_expect(full + turn.stage, STAGE_BYTES);
      fill<A>(stage, maps, p.m0, p.begin + step * BK, matrix, full + turn.stage);
      fill_all<B>(stage + A_BYTES, maps + 1, p.n0, p.begin + step * BK, matrix, full + turn.stage);
    }
  });
  for (int i = 0; i < STAGES; i++, turn.next()) barrier_wait(empty + turn.stage, turn.parity);
}

// The instructions of one stage for 64 rows from `row` on.
template <bool A, bool B> DEVICE void multiply_stage(float (&d)[BN / 2], const char *stage, int row, bool add) {
#pragma unroll
  for (int k = 0; k < BK; k += 16)
    group_multiply<BN, A, B>(d, A ? along_rows(stage + row * ROW_BYTES, 2 * k) : across_rows(stage + row * ROW_BYTES, BK, k),
                             B ? along_rows(stage + A_BYTES, 2 * k) : across_rows(stage + A_BYTES, BK, k), add || k > 0);
}

// A warp has read a stage: it is free here when all warps of the cluster have said so.
DEVICE void release(Barrier *empty) {
  if (lane() < CLUSTER) barrier_arrive_at(empty, lane());
}

// A warpgroup that multiplies.
template <bool A, bool B, class Begin, class Finish>
DEVICE void consume(const Tiles &t, const char *stages, Barrier *full, Barrier *empty, Begin begin, Finish finish) {
  Turn<STAGES> turn = {0, 0};
  int row = 64 * ((int)threadIdx.x / 128 - 1);
  each_tile(t, [&](const Place &p) INLINE {
    float d[BN / 2];
    // The first stage stands alone, because it begins the sums: the assembler would make instructions wait for each other otherwise.
    auto stage = [&](bool add) INLINE {
      barrier_wait(full + turn.stage, turn.parity);
      group_begin();
      multiply_stage<A, B>(d, stages + turn.stage * STAGE_BYTES, row, add);
      group_commit();
    };
    auto begun = begin(p, row);
    stage(false);
    int before = turn.stage;
    turn.next();
    for (int step = 1; step < p.steps; step++) {
      stage(true);
      group_wait<1>();
      release(empty + before);
      before = turn.stage;
      turn.next();
    }
    group_wait<0>();
    group_done(d);
    release(empty + before);
    finish(p, row, d, begun);
  });
  stores_read<0>();  // what finish gave to copies must stay until they have read it
}

// Computes all tiles of the block. begin(place, row) reads what the end of a tile needs, before its products; finish(place, row,
// d, begun) gets the sums of the 64 rows from `row` of the tile on, spread as hopper.h says, and what begin gave.
template <bool A, bool B, class Begin, class Finish> DEVICE void product(const TensorMap *maps, const Tiles &t, Begin begin, Finish finish) {
  char *stages = dynamic_shared();
  Barrier *full = (Barrier *)(stages + STAGES * STAGE_BYTES), *empty = full + STAGES;
  int group = threadIdx.x / 128;
  if (threadIdx.x == 0) {
    prefetch_map(maps);
    prefetch_map(maps + 1);
    for (int i = 0; i < STAGES; i++) {
      barrier_begin(full + i, 1);
      barrier_begin(empty + i, CLUSTER * (THREADS - 128) / WARP);
    }
    barriers_begun();
  }
  cluster_begun();
  if (group == 0) {
    give_registers<40>();
    if (threadIdx.x == 0) produce<A, B>(maps, t, stages, full, empty);
  } else {
    take_registers<232>();
    consume<A, B>(t, stages, full, empty, begin, finish);
  }
}

// The same where a tile's end needs nothing.
template <bool A, bool B, class Finish> DEVICE void product(const TensorMap *maps, const Tiles &t, Finish finish) {
  product<A, B>(maps, t, [](const Place &, int) INLINE { return 0; }, [&](const Place &p, int row, float (&d)[BN / 2], int) INLINE { finish(p, row, d); });
}

// Where eight neighbouring numbers of a row are a lane's, relative to a warpgroup's rows: n counts them, in order of their columns first.
DEVICE int eight_row(int n) { return warp() % 4 * 16 + lane() / 4 + n % 2 * 8; }
DEVICE int eight_column(int n) { return n / 2 * 32 + lane() % 4 * 8; }

// Gives every lane those numbers instead of two of each block of eight columns, by exchanges within the four lanes that hold the row.
template <int N> DEVICE Numbers<8> eight(const float (&d)[N], int n) {
  int q = lane() % 4, j = n / 2 * 4, h = n % 2;
  float x[4][2];
#pragma unroll
  for (int i = 0; i < 4; i++) x[i][0] = d[4 * (j + i) + 2 * h], x[i][1] = d[4 * (j + i) + 2 * h + 1];
#pragma unroll
  for (int s = 1; s < 4; s *= 2)
#pragma unroll
    for (int i = 0; i < 4; i++)
      if ((i & s) == 0)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float got = __shfl_xor_sync(0xffffffffu, q & s ? x[i][e] : x[i | s][e], s);
          if (q & s) x[i][e] = got;
          else x[i | s][e] = got;
        }
  return {{x[0][0], x[0][1], x[1][0], x[1][1], x[2][0], x[2][1], x[3][0], x[3][1]}};
}

// Calls f(row, column, numbers) for all of them.
template <int N, class F> DEVICE void by_eights(const float (&d)[N], F f) {
#pragma unroll
  for (int n = 0; n < N / 8; n++) f(eight_row(n), eight_column(n), eight(d, n));
}
