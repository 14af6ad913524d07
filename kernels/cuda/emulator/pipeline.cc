// Barriers in shared memory and the bulk copies that end their phases. A copy destroys what it overwrites when it starts, and brings its
// numbers when somebody waits for them. So a wait that is missing or has the wrong parity, and a stage that is filled while it is still
// read, show as NaNs; a phase that nobody ends, or an arrival too many, ends the launch. So does reaching into a block of the cluster that
// has not begun its barriers or that is gone.
#include "fibres.h"
#include "pipeline.h"

namespace emulator {

const unsigned BARRIERS = 128, COPIES_OF_PHASE = 16;

struct Box { char *shared, *to; Tensor from; int at[3]; };  // to lies in a block's shared memory
struct Phases {
  const Barrier *at;
  int arrivals, missing;  // of a phase, and of this one
  long bytes;             // that are still to arrive
  unsigned phase;         // counted from 0
  unsigned waiters, copies;
  Box copy[COPIES_OF_PHASE];
};
static Phases barriers[BARRIERS];
static unsigned barrier_count;

void begin_barriers() { barrier_count = 0; }

static bool inside(const void *p, size_t bytes, const Block &b) {
  return (const char *)p >= b.shared && (const char *)p + bytes <= b.shared + launch->shared;
}

const char *barriers_left() {
  for (unsigned i = 0; i < barrier_count; i++)
    if (barriers[i].copies && inside(barriers[i].at, sizeof(Barrier), own())) return "a block is over before its copies have arrived";
  return nullptr;
}

static Phases &find(const Barrier *b) {
  for (unsigned i = 0; i < barrier_count; i++)
    if (barriers[i].at == b) return barriers[i];
  fail("a barrier is used that nobody has begun");
  __builtin_unreachable();
}

void barrier_begin(Barrier *b, int arrivals) {
  for (unsigned i = 0; i < barrier_count; i++)
    if (barriers[i].at == b) fail("a barrier is begun twice");
  if (barrier_count == BARRIERS) fail("a cluster has more barriers than the emulator keeps");
  if (!inside(b, sizeof *b, own()) || (size_t)b % 8) fail("a barrier is not in shared memory, at a multiple of 8");
  *b = 0;
  barriers[barrier_count++] = {b, arrivals, arrivals, 0, 0, 0, 0, {}};
}

// Brings a box. Chunks of 16 bytes are swizzled by the address bits of the row.
static void arrive(const Box &c) {
  const Tensor &t = c.from;
  for (unsigned r = 0; r < t.box_rows; r++) {
    long row = c.at[1] + (long)r;
    bool inside = row >= 0 && row < (long)t.rows && c.at[2] >= 0 && c.at[2] < (long)t.matrices;
    for (int i = 0; i < 64; i++) {
      long column = c.at[0] + i;
      bf16 v = 0;
      if (inside && column >= 0 && column < (long)t.columns)
        memcpy(&v, t.address + c.at[2] * t.matrix_stride + row * t.row_stride + 2 * column, 2);
      size_t at = (c.to - c.shared) + r * 128 + 2 * i;
      memcpy(c.shared + (at ^ (at >> 7 & 7) << 4), &v, 2);
    }
  }
}

// Lets copies arrive where somebody waits for them, and ends the phase when nothing is missing.
static void settle(Phases &p) {
  if (p.waiters) {
    for (unsigned i = 0; i < p.copies; i++) {
      arrive(p.copy[i]);
      p.bytes -= p.copy[i].from.box_rows * 128;
    }
    p.copies = 0;
    if (p.missing == 0 && p.bytes < 0) fail("more bytes arrive than the phase of their barrier expects");
  }
  if (p.missing == 0 && p.bytes == 0 && p.copies == 0) {
    p.phase++;
    p.missing = p.arrivals;
    p.waiters = 0;
  }
}

// The same place in another block of the cluster.
template <class T> static T *at_rank(T *p, int rank) {
  if (rank < 0 || rank >= (int)(count / threads)) fail("a block is reached for that the cluster does not have");
  if (blocks[rank].threads.alive == 0) fail("a block of the cluster is gone when another reaches into its shared memory");
  return (T *)(blocks[rank].shared + ((char *)p - own().shared));
}

void barrier_arrive(Barrier *b, int bytes) {
  Phases &p = find(b);
  if (p.missing == 0) fail("more threads arrive at a barrier than its phase has");
  p.missing--;
  p.bytes += bytes;
  settle(p);
}

void barrier_arrive_at(Barrier *b, int rank) { barrier_arrive(at_rank(b, rank), 0); }

void barrier_wait(Barrier *b, int parity) {
  if (!inside(b, sizeof *b, own())) fail("a barrier of another block is waited for");
  Phases &p = find(b);
  if (p.phase % 2 != (unsigned)parity) return;
  p.waiters++;
  unsigned phase = p.phase;
  settle(p);
  if (p.phase == phase) wait(&p.phase);
}

void copy_box(void *to, const TensorMap *map, int column, int row, int matrix, Barrier *b, unsigned blocks_mask) {
  const Tensor &t = *(const Tensor *)map;
  size_t bytes = t.box_rows * 128;
  if ((size_t)map % 64 || t.made != TENSOR_MADE) fail("a tensor map is not one that the driver has made");
  if (!inside(to, bytes, own()) || ((char *)to - own().shared) % 1024) fail("a box is not copied to shared memory, at a multiple of 1024");
  if (!blocks_mask) fail("a box is copied to no block");
  for (int rank = 0; rank < 32; rank++) {
    if (!(blocks_mask >> rank & 1)) continue;
    Phases &p = find(at_rank(b, rank));
    char *there = at_rank((char *)to, rank);
    if (p.copies == COPIES_OF_PHASE) fail("a phase has more copies than the emulator keeps");
    memset(there, 0xff, bytes);
    p.copy[p.copies++] = {blocks[rank].shared, there, t, {column, row, matrix}};
    settle(p);
  }
}

}  // namespace emulator
