// Hopper's bulk copies, into shared memory and out of it, and what a pipeline of them needs: tensor maps, barriers in shared memory, clusters
// of blocks that reach into each other's, registers that move between warpgroups.
#pragma once
#include "device.h"

// What a copy must know of a matrix, or of a batch of them, as cuTensorMapEncodeTiled writes it: address, lengths, strides, and the box of
// one copy, whose rows are 128 bytes long and swizzled as hopper.h says. Numbers outside the matrix arrive as zeros.
struct alignas(64) TensorMap { u64 words[16]; };

// A barrier counts arrivals, and bytes of copies, of one phase after the other; phases alternate between parities 0 and 1.
typedef u64 Barrier;

#ifndef EMULATED
// The tensor maps at the head of a kernel's argument, where they lie: a copy of them would be in memory that the copy engine cannot read.
#define TENSOR_MAPS(kernel, argument) argument_of_##kernel()
#define WITH_TENSOR_MAPS(kernel) \
  DEVICE const TensorMap *argument_of_##kernel() { \
    u64 at; \
    asm("{\n.reg .b64 place;\nmov.b64 place, " #kernel "_param_0;\ncvta.param.u64 %0, place;\n}" : "=l"(at)); \
    return (const TensorMap *)at; \
  }
DEVICE void barrier_begin(Barrier *b, int arrivals) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(b)), "r"(arrivals) : "memory"); }
// Makes barriers that this thread began known to the copy engine; a block's barrier must follow.
DEVICE void barriers_begun() { asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async.shared::cta;" ::: "memory"); }
DEVICE void barrier_arrive(Barrier *b) { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(b)) : "memory"); }
// Arrives, and lets the phase wait for so many bytes besides.
DEVICE void barrier_expect(Barrier *b, int bytes) { asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(b)), "r"(bytes) : "memory"); }
// Whether the phase of that parity is over.
DEVICE bool barrier_over(Barrier *b, int parity) {
  int over;
  asm volatile("{\n.reg .pred p;\nmbarrier.test_wait.parity.shared::cta.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}" : "=r"(over) : "r"(shared_address(b)), "r"(parity) : "memory");
  return over;
}
// Waits until the phase of that parity is over; of parity 1 in a new barrier it is.
DEVICE void barrier_wait(Barrier *b, int parity) {
  asm volatile("{\n.reg .pred over;\nagain:\nmbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n@!over bra again;\n}" ::"r"(shared_address(b)), "r"(parity) : "memory");
}
// Starts to copy the box at a column, row and matrix; its bytes count for the barrier.
DEVICE void copy_box(void *shared, const TensorMap *map, int column, int row, int matrix, Barrier *b) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];"
               ::"r"(shared_address(shared)), "l"(map), "r"(column), "r"(row), "r"(matrix), "r"(shared_address(b)) : "memory");
}
// The same into every block of the cluster whose bit is set, to the same place, and its bytes count for the barrier of the same place there.
DEVICE void copy_box_to(void *shared, const TensorMap *map, int column, int row, int matrix, Barrier *b, unsigned short blocks) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%2, %3, %4}], [%5], %6;"
               ::"r"(shared_address(shared)), "l"(map), "r"(column), "r"(row), "r"(matrix), "r"(shared_address(b)), "h"(blocks) : "memory");
}
DEVICE int cluster_rank() { int r; asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(r)); return r; }
// Waits for all threads of all blocks of the cluster, after barriers_begun: before it nobody may reach into another block. It orders nothing
// else, which would cost a fence of the whole device.
DEVICE void cluster_begun() {
  __syncwarp();
  asm volatile("barrier.cluster.arrive.relaxed.aligned;\nbarrier.cluster.wait.aligned;" ::: "memory");
}
// Arrives at the barrier of the same place in a block of the cluster. Like barrier_arrive it says that this warp's reads are over, and hands
// no writes on.
DEVICE void barrier_arrive_at(Barrier *b, int rank) {
  asm volatile("{\n.reg .b32 there;\nmapa.shared::cluster.u32 there, %0, %1;\nmbarrier.arrive.shared::cluster.b64 _, [there];\n}"
               ::"r"(shared_address(b)), "r"(rank) : "memory");
}
// Starts to copy a box from shared memory to a column, row and matrix; numbers outside the matrix are not written.
DEVICE void store_box(const TensorMap *map, int column, int row, int matrix, const void *shared) {
  asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%0, {%1, %2, %3}], [%4];"
               ::"l"(map), "r"(column), "r"(row), "r"(matrix), "r"(shared_address(shared)) : "memory");
}
DEVICE void stores_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }
// Waits until at most `pending` committed groups of this thread's stores have still to read shared memory. A block's end waits for the writing.
template <int pending> DEVICE void stores_read() { asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(pending) : "memory"); }
// Makes what this thread has written to shared memory known to the copy engine; a barrier must follow.
DEVICE void written_for_copies() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
// A barrier of this warpgroup alone.
DEVICE void group_synchronize() { asm volatile("bar.sync %0, 128;" ::"r"(1 + (int)threadIdx.x / 128) : "memory"); }
// The reverse of load_matrices: of matrix i, lane l brings in r[i] the pair at row l/4, columns 2(l%4) and the next, and it gives the address
// of row l%8 of matrix l/8.
DEVICE void store_matrices(const u32 r[4], bf16 *row) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};"
               ::"r"(shared_address(row)), "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]) : "memory");
}
DEVICE void prefetch_map(const TensorMap *map) { asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory"); }
// Gives registers of this warpgroup up, down to n a thread, or takes what others gave up. A block's sum cannot grow.
template <int n> DEVICE void give_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(n)); }
template <int n> DEVICE void take_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(n)); }
#endif

// A place in a ring of stages, and the parity of the round it is in.
template <int STAGES> struct Turn {
  int stage, parity;
  DEVICE_MEMBER void next() {
    if (++stage == STAGES) stage = 0, parity ^= 1;
  }
};
