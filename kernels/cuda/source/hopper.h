// Matrix instructions of Hopper (sm_90a): a warpgroup of four consecutive warps multiplies straight from shared memory.
//
// An operand's place is a descriptor: address, two strides and the swizzle. Tiles here are rows of 128 bytes, of which eight make a group
// of 1024 that must begin at a multiple of 1024; chunks of 16 bytes are swizzled by the row (chunk ^ row % 8). With K
// contiguous a row is 64 deep and the groups of rows lie one behind the other; otherwise a row is 64 numbers of M or N at one depth, 64
// such rows make an atom, and atoms lie one behind the other.
#pragma once
#include "device.h"

const int ROW_BYTES = 128, GROUP_BYTES = 8 * ROW_BYTES, ATOM_BYTES = 64 * ROW_BYTES;

// PTX ISA, "matrix-descriptor": address, leading and stride offsets in units of 16 bytes; 1 in the top two bits is the swizzle of
// 128 bytes. With K contiguous the leading offset is not used; otherwise it is that from atom to atom. The stride offset
// is that from group to group.
DEVICE u64 descriptor(const void *tile, bool contiguous) {
  u64 at = (shared_address(tile) & 0x3ffff) >> 4, leading = contiguous ? 1 : ATOM_BYTES >> 4, stride = GROUP_BYTES >> 4;
  return at | leading << 16 | stride << 32 | 1ull << 62;
}

#ifndef EMULATED
// Orders what this thread wrote to shared memory, copies that have arrived included, before matrix instructions that follow a barrier.
DEVICE void publish() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
DEVICE void group_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void group_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Waits until at most `pending` committed batches of this warpgroup's instructions are under way.
template <int pending> DEVICE void group_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory"); }

#define D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define D16(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12)
// d (64x128 float) += a (64x16) * b (16x128), when it is waited for. Warp w of the group has rows 16w to 16w+15, and of these lane l
// has for column block j, in d[4j] to d[4j+3], what multiply() gives it.
template <int A, int B> DEVICE void group_multiply(float d[64], u64 a, u64 b) {
  asm volatile(
      "{\n.reg .pred add;\nsetp.ne.b32 add, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, %64, %65, add, 1, 1, %67, %68;\n}"
      : D16(0), D16(16), D16(32), D16(48)
      : "l"(a), "l"(b), "r"(1), "n"(A ? 0 : 1), "n"(B ? 0 : 1));
}
#undef D16
#undef D4
#endif
