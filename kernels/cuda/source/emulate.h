// The words of CUDA C++ for a host compiler: one fibre per CUDA thread of a block, blocks one after another. See emulator.cc.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define DEVICE_MEMBER inline

struct TensorMap;

namespace emulator {

struct Index { unsigned x, y, z; };
extern Index thread, block, block_size, grid_size;

// What the lanes of a warp do together. The last lane to arrive does it for all, so no lane sees another run ahead.
enum Meeting { SYNC, SHUFFLE, LOAD, LOAD_TRANSPOSED, STORE_ROWS, MULTIPLY };
union Exchange {  // of one lane: what it brings, and then what it takes away
  struct { float value; int lanes; } shuffle;
  struct { const void *row; u32 r[4]; } load;
  struct { void *row; u32 r[4]; } store;
  struct { float d[4]; u32 a[4], b[2]; } multiply;
};
Exchange &mine();
void meet(Meeting m);
void synchronize();

// Instructions of a warpgroup; see groups.cc.
void group_multiply(float *d, int columns, const u32 *registers, u64 a, u64 b, bool a_contiguous, bool b_contiguous, bool add);
void group_begin();
void group_commit();
void group_wait(int pending);
void group_synchronize();
void set_registers(int n, bool more);

// Barriers and bulk copies; see pipeline.cc.
void barrier_begin(u64 *b, int arrivals);
void barrier_arrive(u64 *b, int bytes);
void barrier_arrive_at(u64 *b, int rank);
void barrier_wait(u64 *b, int parity);
bool barrier_over(u64 *b, int parity);
void written_for_copies();
void copy_box(void *to, const TensorMap *map, int column, int row, int matrix, u64 *b, unsigned blocks_mask);
int rank();
void synchronize_cluster();
void store_box(const TensorMap *map, int column, int row, int matrix, const void *from);
void stores_commit();
void stores_read(int pending);

void copy_async(void *to, const void *from, int size, int valid);
void copy_commit();
void copy_wait(int pending);
char *dynamic_shared();

// A kernel by name, for the launcher.
struct Kernel {
  const char *name;
  int parameters;  // size of its one argument
  void (*call)(void (*f)(), const void *argument);
  void (*function)();
  Kernel *next;
  static Kernel *all;
  template <class A> Kernel(const char *n, void (*f)(A)) : name(n), parameters(sizeof(A)), call(run<A>), function((void (*)())f), next(all) { all = this; }
  template <class A> static void run(void (*f)(), const void *a) { ((void (*)(A))f)(*(const A *)a); }
};

}  // namespace emulator

#define EXPORT(name) static emulator::Kernel kernel_##name(#name, name);

#define threadIdx (emulator::thread)
#define blockIdx (emulator::block)
#define blockDim (emulator::block_size)
#define gridDim (emulator::grid_size)

static inline void __syncthreads() { emulator::synchronize(); }
static inline void __syncwarp() { emulator::meet(emulator::SYNC); }
static inline float __shfl_xor_sync(unsigned, float v, int lanes) {
  emulator::mine().shuffle = {v, lanes};
  emulator::meet(emulator::SHUFFLE);
  return emulator::mine().shuffle.value;
}

static inline u32 emulated_bits(float f) { u32 u; memcpy(&u, &f, 4); return u; }
static inline u32 emulated_narrow(float f) {
  u32 u = emulated_bits(f);
  if ((u & 0x7fffffffu) > 0x7f800000u) return 0x7fff;  // a NaN stays one, as on the device
  return (u + 0x7fff + ((u >> 16) & 1)) >> 16;
}
static inline u32 pack(float first, float second) { return emulated_narrow(first) | emulated_narrow(second) << 16; }
// The device's approximations are off by at most so much (PTX ISA: ex2 and lg2 by 2^-22 of the result, lg2 near 1 by 2^-22.6 in all, rcp by one unit in
// the last place), and take numbers below the normal ones for zeros. Here they are off by all of that, to a side that the input's bits choose.
static inline float emulated_flush(float x) { return fabsf(x) < 1.17549435e-38f ? copysignf(0.f, x) : x; }
static inline float emulated_side(float x) { return emulated_bits(x) * 2654435761u >> 31 ? 1.f : -1.f; }
static inline float exp2_fast(float x) { return emulated_flush(exp2f(emulated_flush(x)) * (1.f + emulated_side(x) * 0x1p-22f)); }
static inline float log2_fast(float x) {
  float y = log2f(emulated_flush(x));
  return y + emulated_side(x) * (fabsf(y) < 1.f ? 0x1.5p-23f : fabsf(y) < INFINITY ? fabsf(y) * 0x1p-22f : 0.f);
}
static inline float reciprocal(float x) {
  float y = emulated_flush(1.f / emulated_flush(x));
  return fabsf(y) < INFINITY && y != 0.f ? nextafterf(y, emulated_side(x) * INFINITY) : y;
}
static inline float square_root(float x) { return sqrtf(x); }

static inline void load_matrices(u32 r[4], const bf16 *row) {
  emulator::mine().load.row = row;
  emulator::meet(emulator::LOAD);
  memcpy(r, emulator::mine().load.r, 16);
}
static inline void load_matrices_transposed(u32 r[4], const bf16 *row) {
  emulator::mine().load.row = row;
  emulator::meet(emulator::LOAD_TRANSPOSED);
  memcpy(r, emulator::mine().load.r, 16);
}
static inline void multiply(float d[4], const u32 a[4], u32 b0, u32 b1) {
  auto &m = emulator::mine().multiply;
  memcpy(m.d, d, 16);
  memcpy(m.a, a, 16);
  m.b[0] = b0, m.b[1] = b1;
  emulator::meet(emulator::MULTIPLY);
  memcpy(d, emulator::mine().multiply.d, 16);
}
static inline void copy_async_16(void *shared, const void *global, int valid) { emulator::copy_async(shared, global, 16, valid); }
static inline void copy_async_4(void *shared, const void *global, int valid) { emulator::copy_async(shared, global, 4, valid); }
static inline void copy_commit() { emulator::copy_commit(); }
template <int pending> static inline void copy_wait() { emulator::copy_wait(pending); }
static inline char *dynamic_shared() { return emulator::dynamic_shared(); }

static inline u32 shared_address(const void *p) { return (u32)((const char *)p - emulator::dynamic_shared()); }
static inline void group_begin() { emulator::group_begin(); }
static inline void group_commit() { emulator::group_commit(); }
template <int pending> static inline void group_wait() { emulator::group_wait(pending); }
template <int N, bool A, bool B> static inline void group_multiply(float (&d)[N / 2], u64 a, u64 b, bool add) { emulator::group_multiply(d, N, nullptr, a, b, A, B, add); }
template <int N, bool B> static inline void group_multiply(float (&d)[N / 2], const u32 (&a)[4], u64 b, bool add) { emulator::group_multiply(d, N, a, 0, b, false, B, add); }
template <int N> static inline void group_done(float (&)[N]) {}

#define TENSOR_MAPS(kernel, argument) ((argument).maps)
#define WITH_TENSOR_MAPS(kernel)
static inline void barrier_begin(u64 *b, int arrivals) { emulator::barrier_begin(b, arrivals); }
static inline void barriers_begun() { emulator::written_for_copies(); }
static inline void written_for_copies() { emulator::written_for_copies(); }
static inline bool barrier_over(u64 *b, int parity) { return emulator::barrier_over(b, parity); }
static inline void barrier_arrive(u64 *b) { emulator::barrier_arrive(b, 0); }
static inline void barrier_expect(u64 *b, int bytes) { emulator::barrier_arrive(b, bytes); }
static inline void barrier_wait(u64 *b, int parity) { emulator::barrier_wait(b, parity); }
static inline void copy_box(void *shared, const TensorMap *map, int column, int row, int matrix, u64 *b) { emulator::copy_box(shared, map, column, row, matrix, b, 1u << emulator::rank()); }
static inline void copy_box_to(void *shared, const TensorMap *map, int column, int row, int matrix, u64 *b, unsigned short blocks) { emulator::copy_box(shared, map, column, row, matrix, b, blocks); }
static inline int cluster_rank() { return emulator::rank(); }
static inline void cluster_begun() {
  __syncwarp();
  emulator::synchronize_cluster();
}
static inline void barrier_arrive_at(u64 *b, int rank) { emulator::barrier_arrive_at(b, rank); }
static inline void store_box(const TensorMap *map, int column, int row, int matrix, const void *shared) { emulator::store_box(map, column, row, matrix, shared); }
static inline void stores_commit() { emulator::stores_commit(); }
template <int pending> static inline void stores_read() { emulator::stores_read(pending); }
static inline void group_synchronize() { emulator::group_synchronize(); }
static inline void store_matrices(const u32 r[4], bf16 *row) {
  auto &s = emulator::mine().store;
  s.row = row;
  memcpy(s.r, r, 16);
  emulator::meet(emulator::STORE_ROWS);
}
static inline void prefetch_map(const TensorMap *) {}
template <int n> static inline void give_registers() { emulator::set_registers(n, false); }
template <int n> static inline void take_registers() { emulator::set_registers(n, true); }
