// What the parts of the emulator share: the fibres of the cluster that runs, and how they wait.
#pragma once
#include "emulator.h"
#include "device.h"

namespace emulator {

const unsigned MOST = 1024;         // threads of a cluster
const unsigned MOST_BLOCKS = 8;     // of a cluster
const size_t STACK = 128 << 10;     // bytes of a fibre
const unsigned COPIES = 512;        // under way at once by one thread
const unsigned PRODUCTS = 64;       // the same of a warpgroup's instructions
const unsigned STORES = 16;         // the same of boxes on their way out of shared memory

struct Copy { void *to; const void *from; int size, valid; unsigned group; };
// One instruction of a warpgroup: d = a*b, plus d where add. a is in registers where they are given.
struct Product {
  float *d;
  const u32 *registers;
  u64 a, b;
  int columns;
  bool a_contiguous, b_contiguous, add;
  unsigned batch;
};
// A box between shared memory and a matrix.
struct Box { char *shared, *async, *at; Tensor matrix; int corner[3]; };  // at lies in a block's shared memory, of which these are both views
struct Store { Box box; unsigned group; u64 content; };  // a sum of what lay in the box when its copy began
struct Fibre {
  void *sp;
  bool done;
  const unsigned *waits;  // for *waits to differ from `while_`
  unsigned while_;
  unsigned group, copies;  // groups committed, copies not yet made
  Copy copy[COPIES];
  unsigned batch, products;  // committed, not yet done
  bool fenced;               // since registers could last be touched
  Product product[PRODUCTS];
  unsigned store_group, stores;  // groups committed, boxes not yet read
  Store store[STORES];
};

// Threads that all wait for each other; those that have left are not waited for.
struct Gathering {
  unsigned alive, arrived, generation;
  void arrive();
  void leave();
};
// Copies and matrix instructions see shared memory by a proxy of their own, `async`: what ordinary stores wrote is there after written_for_copies().
struct Block { Index index; char *shared, *async; Gathering threads; };

// The blocks of the cluster, one behind the other: fibre i is thread i % threads of block i / threads.
extern Fibre fibres[MOST];
extern unsigned self;            // the fibre that runs
extern unsigned count, threads;  // of the cluster, and of one block
extern Block blocks[MOST_BLOCKS];
extern const Launch *launch;
static inline Block &own() { return blocks[self / threads]; }

// Ends the launch with an error. It does not return.
void fail(const char *what);

// Lets others run until the counter has changed.
void wait(const unsigned *counter);

// Lets others run until none of them can.
void wait_for_others();

void begin_groups();    // before a cluster
void begin_barriers();  // the same
// What is wrong with barriers when the running fibre's block is over, or null.
const char *barriers_left();

// Sums of products as the coarsest matrix unit would make them, where BILEVEL_EMULATOR_SUMS=cut asks for it: every term of sixteen products and
// the sum before is cut off at the last bit of the largest, and what they add up to goes toward zero.
extern bool cut;
float cut_sum(float d, const float *a, int step_a, const float *b, int step_b);

static inline float decode(u32 bits) {
  bits <<= 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

}  // namespace emulator
