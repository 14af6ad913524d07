// Runs kernels that were built by a host compiler.
#pragma once

namespace emulator {

struct Launch {
  const char *kernel;
  unsigned grid[3], block, shared;
  const void *argument;
};

// Bytes of the kernel's one argument; -1 where there is no such kernel.
int parameters(const char *kernel);

// Runs all blocks. Threads and blocks take turns in ascending order, or in descending order where reverse: a kernel that
// misses a barrier gives different results. Returns null, or what the kernel did wrong.
const char *run(const Launch &l, bool reverse);

}  // namespace emulator
