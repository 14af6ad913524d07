// Sums in a fixed order, so that every run gives the same bits without atomics.
//
//   add_parts:  d[i] += sum over p of parts[p*size + i], p ascending. Bytes 4(parts + 2)*size.
//   add_column: d[0] += the sum of n floats: thread i of 256 takes i, i+256 and so on in order, then lanes meet in a tree and
//               warps in order. One block a sum; block x sums the n floats at x*n into d[x*step].
// Floor: bytes over bandwidth.
// In a step of README.md: floor 0.437 ms on an H100, 0.305 on an H200; measured: never run on a GPU; share of the floor: not known.
#include "device.h"

struct AddPartsArguments {
  float *d;
  const float *parts;
  long long size;
  int count;
};

KERNEL(256) add_parts(AddPartsArguments a) {
  long long i = (long long)blockIdx.x * 256 + threadIdx.x;
  if (i >= a.size) return;
  float s = 0.f;
  for (int p = 0; p < a.count; p++) s += a.parts[p * a.size + i];
  a.d[i] += s;
}
EXPORT(add_parts)

struct AddColumnArguments {
  float *d;
  const float *values;
  int n, step, set;  // set: instead of adding
};

KERNEL(256) add_column(AddColumnArguments a) {
  const float *v = a.values + (size_t)blockIdx.x * a.n;
  float s = 0.f;
  for (int i = threadIdx.x; i < a.n; i += 256) s += v[i];
  s = block_sum(s, (float *)dynamic_shared());
  if (threadIdx.x == 0) {
    float *d = a.d + (size_t)blockIdx.x * a.step;
    *d = a.set ? s : *d + s;
  }
}
EXPORT(add_column)
