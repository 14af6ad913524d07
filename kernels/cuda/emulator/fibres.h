// What the parts of the emulator share: the fibres of the block that runs, and how they wait.
#pragma once
#include "emulator.h"
#include "device.h"

namespace emulator {

const unsigned MOST = 1024;         // threads of a block
const size_t STACK = 128 << 10;     // bytes of a fibre
const unsigned COPIES = 512;        // under way at once by one thread
const unsigned PRODUCTS = 64;       // the same of a warpgroup's instructions

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
struct Fibre {
  void *sp;
  bool done;
  const unsigned *waits;  // for *waits to differ from `while_`
  unsigned while_;
  unsigned group, copies;  // groups committed, copies not yet made
  Copy copy[COPIES];
  unsigned batch, products;  // committed, not yet done
  Product product[PRODUCTS];
};

extern Fibre fibres[MOST];
extern unsigned count;  // of threads
extern const Launch *launch;
extern char *shared_memory;

// Ends the launch with an error. It does not return.
void fail(const char *what);

// Lets others run until the counter has changed.
void wait(const unsigned *counter);

// Lets others run until none of them can.
void wait_for_others();

void begin_groups();    // before a block
void begin_barriers();  // the same
// What is wrong with barriers when a block is over, or null.
const char *barriers_left();

static inline float decode(u32 bits) {
  bits <<= 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

}  // namespace emulator
