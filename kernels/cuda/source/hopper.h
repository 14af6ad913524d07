// Matrix instructions of Hopper (sm_90a): a warpgroup of four consecutive warps multiplies straight from shared memory.
//
// An operand's place is a descriptor: address, two strides and the swizzle. Tiles here are rows of 128 bytes, of which eight make a group
// of 1024 that must begin at a multiple of 1024; chunks of 16 bytes are swizzled by the row (chunk ^ row % 8). With K
// contiguous a row is 64 deep and the groups of rows lie one behind the other; otherwise a row is 64 numbers of M or N at one depth, and
// rows one behind the other make an atom for each 64 of M or N. The same bytes can serve both ways.
#pragma once
#include "device.h"

const int ROW_BYTES = 128, GROUP_BYTES = 8 * ROW_BYTES, ROW_NUMBERS = 64;

// PTX ISA, "matrix-descriptor": address, leading and stride offsets in units of 16 bytes; 1 in the top two bits is the swizzle of
// 128 bytes. With K contiguous the leading offset is not used; otherwise it is that from atom to atom. The stride offset
// is that from group to group. `offset` bytes of the tile are added to the lower half alone, where they are mostly constants.
DEVICE u64 descriptor(const char *tile, int offset, u32 leading) {
  u32 low = (shared_address(tile) >> 4) + offset / 16 + (leading / 16 << 16), high = GROUP_BYTES / 16 | 1u << 30;
  return (u64)high << 32 | low;
}
// An operand with K contiguous, from an offset of whole groups of rows and of depth (32 bytes are 16 deep) on.
DEVICE u64 along_rows(const char *tile, int offset) { return descriptor(tile, offset, 16); }
// The other, at depth k: an atom has `depth` rows.
DEVICE u64 across_rows(const char *tile, int depth, int k) { return descriptor(tile, k * ROW_BYTES, depth * ROW_BYTES); }

#ifndef EMULATED
// Orders accesses to registers before the instructions that follow.
DEVICE void group_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void group_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Waits until at most `pending` committed batches of this warpgroup's instructions are under way.
template <int pending> DEVICE void group_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory"); }

#define D8(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define D32(i) D8(i), D8(i + 8), D8(i + 16), D8(i + 24)
#define NAMES_64 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define NAMES_128 NAMES_64 ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define NAMES_256 NAMES_128 ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95" \
  ", %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define SUMS_64 D32(0)
#define SUMS_128 D32(0), D32(32)
#define SUMS_256 D32(0), D32(32), D32(64), D32(96)
#define WGMMA(N) \
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %[add], 0;\n" \
               "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 {" NAMES_##N "}, %[a], %[b], add, 1, 1, %[ta], %[tb];\n}" \
               : SUMS_##N : [a] "l"(a), [b] "l"(b), [add] "r"((int)add), [ta] "n"(A ? 0 : 1), [tb] "n"(B ? 0 : 1))
#define WGMMA_REGISTERS(N) \
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %[add], 0;\n" \
               "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 {" NAMES_##N "}, {%[a0], %[a1], %[a2], %[a3]}, %[b], add, 1, 1, %[tb];\n}" \
               : SUMS_##N : [a0] "r"(a[0]), [a1] "r"(a[1]), [a2] "r"(a[2]), [a3] "r"(a[3]), [b] "l"(b), [add] "r"((int)add), [tb] "n"(B ? 0 : 1))

// d (64xN float) = a (64x16) * b (16xN), plus d where add, when it is waited for. Warp w of the group has rows 16w to 16w+15, and of these
// lane l has for column block j, in d[4j] to d[4j+3], what multiply() gives it. A and B say where K is contiguous.
template <int N, bool A, bool B> DEVICE void group_multiply(float (&d)[N / 2], u64 a, u64 b, bool add) {
  if constexpr (N == 256) WGMMA(256);
  else if constexpr (N == 128) WGMMA(128);
  else WGMMA(64);
}
// The same with a in registers, as multiply() takes it.
template <int N, bool B> DEVICE void group_multiply(float (&d)[N / 2], const u32 (&a)[4], u64 b, bool add) {
  if constexpr (N == 128) WGMMA_REGISTERS(128);
  else WGMMA_REGISTERS(64);
}
// Says that all instructions on d are over: the compiler must not read it before.
template <int N> DEVICE void group_done(float (&d)[N]) {
  if constexpr (N == 128) asm volatile("" : SUMS_256 :: "memory");
  else if constexpr (N == 64) asm volatile("" : SUMS_128 :: "memory");
  else asm volatile("" : SUMS_64 :: "memory");
}
#undef WGMMA
#undef WGMMA_REGISTERS
#undef D8
#undef D32
#endif
