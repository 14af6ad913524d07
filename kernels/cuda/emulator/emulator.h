// Runs kernels that were built by a host compiler.
#pragma once
#include <cstddef>

namespace emulator {

struct Launch {
  const char *kernel;
  unsigned grid[3], block, shared, cluster;  // threads of a block, bytes it shares, and blocks of a cluster along x
  const void *argument;
};

// Bytes of the kernel's one argument; -1 where there is no such kernel.
int parameters(const char *kernel);

// Runs all blocks, those of a cluster together. Threads and blocks take turns in ascending order, or in descending order where reverse: a kernel that
// misses a barrier gives different results. Returns null, or what the kernel did wrong.
const char *run(const Launch &l, bool reverse);

// What the driver writes into a tensor map: a batch of matrices of bfloat16, strides in bytes, and how many rows a box has. A row of a box is
// 128 bytes, swizzled.
struct Tensor {
  unsigned long long made;
  char *address;
  unsigned long long columns, rows, matrices, row_stride, matrix_stride, box_rows;
};
const unsigned long long TENSOR_MADE = 0x74656e736f72206d;

}  // namespace emulator
