// Barriers in shared memory and the bulk copies that end their phases. A copy destroys what it overwrites when it starts, and brings its
// numbers when somebody waits for them. So a wait that is missing or has the wrong parity, and a stage that is filled while it is still
// read, show as NaNs; a phase that nobody ends, or an arrival too many, ends the launch. So does reaching into a block of the cluster that
// has not begun its barriers or that is gone. Boxes that leave are read as late as their thread lets them be.
#include "fibres.h"
#include "pipeline.h"

namespace emulator {

const unsigned BARRIERS = 128, COPIES_OF_PHASE = 16;

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

// Calls f(place, global) for the numbers of a box, with their places in shared memory; global is null outside the matrix. Chunks of 16 bytes
// are swizzled by the address bits of the row.
template <class F> static void each(const Box &b, F f) {
  const Tensor &t = b.matrix;
  for (unsigned r = 0; r < t.box_rows; r++) {
    long row = b.corner[1] + (long)r;
    bool inside = row >= 0 && row < (long)t.rows && b.corner[2] >= 0 && b.corner[2] < (long)t.matrices;
    for (int i = 0; i < 64; i++) {
      long column = b.corner[0] + i;
      size_t at = (b.at - b.shared) + r * 128 + 2 * i;
      f(at ^ (at >> 7 & 7) << 4, inside && column >= 0 && column < (long)t.columns ? t.address + b.corner[2] * t.matrix_stride + row * t.row_stride + 2 * column : nullptr);
    }
  }
}

// Brings a box.
static void arrive(const Box &b) {
  each(b, [&](size_t place, char *global) {
    bf16 v = 0;
    if (global) memcpy(&v, global, 2);
    memcpy(b.shared + place, &v, 2);
    memcpy(b.async + place, &v, 2);
  });
}

// The box of a copy, where its map and its place are what a device accepts.
static Box box_at(const TensorMap *map, int column, int row, int matrix, const void *shared) {
  const Tensor &t = *(const Tensor *)map;
  if ((size_t)map % 64 || t.made != TENSOR_MADE) fail("a tensor map is not one that the driver has made");
  if (!inside(shared, t.box_rows * 128, own()) || ((const char *)shared - own().shared) % 1024) fail("a box is not in shared memory, at a multiple of 1024");
  return {own().shared, own().async, (char *)shared, t, {column, row, matrix}};
}

// Lets copies arrive where somebody waits for them, and ends the phase when nothing is missing.
static void settle(Phases &p) {
  if (p.waiters) {
    for (unsigned i = 0; i < p.copies; i++) {
      arrive(p.copy[i]);
      p.bytes -= p.copy[i].matrix.box_rows * 128;
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

bool barrier_over(Barrier *b, int parity) { return find(b).phase % 2 != (unsigned)parity; }

void written_for_copies() { memcpy(own().async, own().shared, launch->shared); }

void copy_box(void *to, const TensorMap *map, int column, int row, int matrix, Barrier *b, unsigned blocks_mask) {
  Box box = box_at(map, column, row, matrix, to);
  if (!blocks_mask) fail("a box is copied to no block");
  for (int rank = 0; rank < 32; rank++) {
    if (!(blocks_mask >> rank & 1)) continue;
    Phases &p = find(at_rank(b, rank));
    if (p.copies == COPIES_OF_PHASE) fail("a phase has more copies than the emulator keeps");
    box.at = at_rank((char *)to, rank);
    box.shared = blocks[rank].shared;
    box.async = blocks[rank].async;
    memset(box.at, 0xff, box.matrix.box_rows * 128);
    memset(box.async + (box.at - box.shared), 0xff, box.matrix.box_rows * 128);
    p.copy[p.copies++] = box;
    settle(p);
  }
}

// FNV-1a of what the copies see in a box.
static u64 content(const Box &b) {
  u64 sum = 0xcbf29ce484222325;
  for (const char *p = b.async + (b.at - b.shared), *end = p + b.matrix.box_rows * 128; p < end; p++) sum = (sum ^ (unsigned char)*p) * 0x100000001b3;
  return sum;
}

void store_box(const TensorMap *map, int column, int row, int matrix, const void *from) {
  Fibre &f = fibres[self];
  if (f.stores == STORES) fail("a thread has more boxes on their way out than the emulator keeps");
  Box b = box_at(map, column, row, matrix, from);
  f.store[f.stores++] = {b, f.store_group, content(b)};
}

void stores_commit() { fibres[self].store_group++; }

// A box is read when its thread waits for that, and must be what it was when its copy began: a device may read it at any time between.
void stores_read(int pending) {
  Fibre &f = fibres[self];
  unsigned kept = 0;
  for (unsigned i = 0; i < f.stores; i++) {
    if (f.store[i].group + pending >= f.store_group) {
      f.store[kept++] = f.store[i];
      continue;
    }
    const Box &b = f.store[i].box;
    if (content(b) != f.store[i].content) fail("a box changes while it is copied");
    each(b, [&](size_t place, char *global) {
      if (global) memcpy(global, b.async + place, 2);
    });
  }
  f.stores = kept;
}

}  // namespace emulator
