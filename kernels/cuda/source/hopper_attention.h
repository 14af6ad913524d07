// Pieces of attention on Hopper: what a block's rows and the rows that pass by them are, the ring that brings these, and products between
// them with every operand where it already lies.
//
// A block stays on its multiprocessor and takes one group of 128 rows of a head and sequence after the other, 64 for each of two warpgroups.
// Tiles of a head's rows are one or two atoms (see hopper.h) of 64 columns. The same tile is an operand along its rows (for scores) and
// across them (for sums over rows), so nothing is written back to shared memory: probabilities go from registers into the
// next product. HS is D, 64 or 128. Scores need no maximum taken off, see attention.h.
#pragma once
#include "hopper_product.h"

const int OWN = 128;  // rows of a block

// What all passes know of the launch.
struct Schedule {
  int T, NH, sequences, window;
};

// One group of a block: its first row, and the blocks of rows that pass by, from and before.
struct Group {
  int row0, head, sequence, from, to;
};

DEVICE int group_count(const Schedule &s) { return (s.T + OWN - 1) / OWN * s.NH * s.sequences; }

// Groups of one head follow one another, so that rows which pass by many of them stay in the cache. Their work grows or falls along the
// sequence, so every second head goes the other way, which evens out what blocks do.
DEVICE Group group_at(const Schedule &s, int i) {
  int groups = (s.T + OWN - 1) / OWN, pair = i / groups, at = i % groups;
  return {(pair % 2 ? at : groups - 1 - at) * OWN, pair % s.NH, pair / s.NH, 0, 0};
}
// Rows are queries, and ROWS keys pass at a time: those up to the last query that the first one's window still holds.
template <int ROWS> DEVICE Group queries_at(const Schedule &s, int i) {
  Group g = group_at(s, i);
  g.from = maximum(0, g.row0 - s.window) / ROWS;
  g.to = (minimum(g.row0 + OWN, s.T) + ROWS - 1) / ROWS;
  return g;
}
// Rows are keys, and queries pass: from the first key on to the one a window behind the last.
template <int ROWS> DEVICE Group keys_at(const Schedule &s, int i) {
  Group g = group_at(s, i);
  g.from = g.row0 / ROWS;
  g.to = minimum(minimum(g.row0 + OWN, s.T) - 1 + s.window, s.T - 1) / ROWS + 1;
  return g;
}

// Shared memory: TILES of the block's own rows, stages of two tiles of ROWS that pass, TERMS floats that go with each of these, barriers.
template <int D, int ROWS, int STAGES, int TILES, int TERMS> struct Ring {
  static const int OWN_BYTES = OWN * D * 2, TILE_BYTES = ROWS * D * 2;
  DEVICE_MEMBER static char *own(int i) { return dynamic_shared() + i * OWN_BYTES; }
  DEVICE_MEMBER static char *tile(int stage, int i) { return own(TILES) + (2 * stage + i) * TILE_BYTES; }
  DEVICE_MEMBER static float *terms(int stage) { return (float *)tile(STAGES, 0) + stage * TERMS * ROWS; }
  DEVICE_MEMBER static Barrier *full(int stage) { return (Barrier *)terms(STAGES) + stage; }
  DEVICE_MEMBER static Barrier *empty(int stage) { return full(STAGES) + stage; }
  DEVICE_MEMBER static Barrier *own_full() { return empty(STAGES); }
  DEVICE_MEMBER static Barrier *own_empty() { return own_full() + 1; }

  // Begins the barriers; a stage is full when `arrivals` threads of the producer have said so and its copies are there.
  DEVICE_MEMBER static void begin(int arrivals) {
    if (threadIdx.x == 0) {
      for (int i = 0; i < STAGES; i++) {
        barrier_begin(full(i), arrivals);
        barrier_begin(empty(i), (THREADS - 128) / WARP);
      }
      barrier_begin(own_full(), 1);
      barrier_begin(own_empty(), (THREADS - 128) / WARP);
      barriers_begun();
    }
    __syncthreads();
  }
  // Starts to copy a tile: rows of the head's columns.
  DEVICE_MEMBER static void copy(char *to, int rows, const TensorMap *map, int head, int row, int sequence, Barrier *b) {
#pragma unroll
    for (int i = 0; i < D / ROW_NUMBERS; i++) copy_box(to + i * rows * ROW_BYTES, map, head * D + i * ROW_NUMBERS, row, sequence, b);
  }
};

// What the first warp of a block does: brings own tiles by the maps from the first on, and rows that pass by the two behind them.
// beside(stage, group, block) writes a stage's floats, where it has any, with all lanes, and counts as one more arrival.
template <class R, int TILES, int ROWS, int STAGES, bool TERMS, class At, class Beside>
DEVICE void pass_by(const TensorMap *maps, const Schedule &s, At at, Beside beside) {
  Turn<STAGES> turn = {0, 1};
  int parity = 1;
  for (int i = blockIdx.x, all = group_count(s); i < all; i += gridDim.x, parity ^= 1) {
    Group g = at(i);
    if (lane() == 0) {
      barrier_wait(R::own_empty(), parity);
      barrier_expect(R::own_full(), TILES * R::OWN_BYTES);
      for (int t = 0; t < TILES; t++) R::copy(R::own(t), OWN, maps + t, g.head, g.row0, g.sequence, R::own_full());
    }
    for (int block = g.from; block < g.to; block++, turn.next()) {
      if (TERMS || lane() == 0) barrier_wait(R::empty(turn.stage), turn.parity);
      if (lane() == 0) {
        barrier_expect(R::full(turn.stage), 2 * R::TILE_BYTES);
        for (int t = 0; t < 2; t++)
          R::copy(R::tile(turn.stage, t), ROWS, maps + TILES + t, g.head, block * ROWS, g.sequence, R::full(turn.stage));
      }
      if (TERMS) {
        beside(turn.stage, g, block);
        __syncwarp();
        if (lane() == 0) barrier_arrive(R::full(turn.stage));
      }
    }
  }
}

// s (64 x N) = 64 of the own rows in a, from `row` on, times the N rows in b.
template <int D, int N> DEVICE void scores(float (&s)[N / 2], const char *a, int row, const char *b) {
#pragma unroll
  for (int k = 0; k < D; k += 16)
    group_multiply<N, true, true>(s, along_rows(a + row * ROW_BYTES, k / ROW_NUMBERS * OWN * ROW_BYTES + 2 * (k % ROW_NUMBERS)),
                                  along_rows(b, k / ROW_NUMBERS * N * ROW_BYTES + 2 * (k % ROW_NUMBERS)), k > 0);
}

// Rounds s to the left operand of mix_rows.
template <int N> DEVICE void pack_rows(u32 (&p)[N / 16][4], const float (&s)[N / 2]) {
#pragma unroll
  for (int k = 0; k < N / 16; k++)
#pragma unroll
    for (int i = 0; i < 4; i++) p[k][i] = pack(s[8 * k + 2 * i], s[8 * k + 2 * i + 1]);
}

// sum (64 x D) += p (64 x N) times the N rows in b.
template <int D, int N> DEVICE void mix_rows(float (&sum)[D / 2], const u32 (&p)[N / 16][4], const char *b) {
#pragma unroll
  for (int k = 0; k < N; k += 16) group_multiply<D, false>(sum, p[k / 16], across_rows(b, N, k), true);
}

// Writes 64 rows of a head from `row` on, those within the sequence, each half of a lane's rows scaled by its own number.
template <int D> DEVICE void write_rows(bf16 *to, int stride, int T, int row, float (&d)[D / 2], float first, float second) {
#pragma unroll
  for (int j = 0; j < D / 2; j++) d[j] *= j / 2 % 2 ? second : first;
  by_eights(d, [&](int r, int c, const Numbers<8> &v) INLINE {
    if (row + r < T) v.store(to + (size_t)(row + r) * stride + c);
  });
}

const float LOG2E = 1.44269504f;
// The exponent of a key that a query does not see; its power is 0.
const float HIDDEN = -__builtin_inff();

// Whether a query sees a key so far behind it. One comparison and no branch: newer assemblers wait for matrix instructions where lanes part.
DEVICE bool seen(int behind, int window) { return (u32)behind <= (u32)window; }
