// What the kernels need of a compiler: CUDA C++ without a CUDA toolkit, on three faces. Plain clang compiles them to PTX, a
// host compiler builds them for the emulator (EMULATED, see emulate.h), and nvcc brings its own declarations.
//
// Everything that is one instruction of the device and no C++ is a helper of one line here, with an emulated body beside it.
#pragma once

typedef unsigned short bf16;  // bits of a bfloat16
typedef unsigned int u32;
typedef unsigned long long u64;

#if defined(EMULATED)
#include "emulate.h"
#elif defined(__clang__) && !defined(__CUDACC_VER_MAJOR__)
#include "clang.h"
#else
#define DEVICE_MEMBER __device__ __forceinline__
#define EXPORT(name)
#endif

#define DEVICE static __device__ __forceinline__
#define INLINE __attribute__((always_inline))  // of a lambda
// A kernel of at most so many threads a block. It takes one struct by value.
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)

// The same where so many blocks are meant to share a multiprocessor: without it the assembler may choose fewer registers, and spill.
#define SHARING_KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)

struct alignas(16) u32x4 { u32 x, y, z, w; };
struct alignas(8) u32x2 { u32 x, y; };

const int WARP = 32;

DEVICE int lane() { return threadIdx.x & 31; }
DEVICE int warp() { return threadIdx.x >> 5; }

DEVICE float from_bits(u32 u) { union { u32 u; float f; } c; c.u = u; return c.f; }
DEVICE u32 to_bits(float f) { union { u32 u; float f; } c; c.f = f; return c.u; }

// bfloat16 is the upper half of float32; the first of a packed pair is the lower half of the word.
DEVICE float low(u32 pair) { return from_bits(pair << 16); }
DEVICE float high(u32 pair) { return from_bits(pair & 0xffff0000u); }
DEVICE float widen(bf16 h) { return from_bits((u32)h << 16); }

#ifndef EMULATED
// Rounds to nearest, ties to even.
DEVICE u32 pack(float first, float second) {
  u32 r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(second), "f"(first));
  return r;
}
DEVICE float exp2_fast(float x) { float r; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x)); return r; }
DEVICE float log2_fast(float x) { float r; asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x)); return r; }
DEVICE float reciprocal(float x) { float r; asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x)); return r; }
DEVICE float square_root(float x) { float r; asm("sqrt.rn.f32 %0, %1;" : "=f"(r) : "f"(x)); return r; }
#ifdef __clang__
DEVICE u32 shared_address(const void *p) { return (u32)(size_t)(__attribute__((address_space(3))) const char *)p; }
#else
DEVICE u32 shared_address(const void *p) { return (u32)__cvta_generic_to_shared(p); }
#endif
// Four 8x8 matrices of bf16; lane l gives the address of row l%8 of matrix l/8, and receives of matrix i, in r[i], the pair
// at row l/4, columns 2(l%4) and the next: for _transposed, of the transposed matrix.
DEVICE void load_matrices(u32 r[4], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
DEVICE void load_matrices_transposed(u32 r[4], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
// d (16x8 float) += a (16x16 bf16, by rows) * b (16x8 bf16, by columns), spread over the warp. Lane l has of d the rows l/4
// (d[0], d[1]) and l/4+8 (d[2], d[3]), columns 2(l%4) and the next; of a the same rows, columns 2(l%4) (a[0], a[1]) and 8
// more (a[2], a[3]); of b the column l/4, rows 2(l%4) (b[0]) and 8 more (b[1]).
DEVICE void multiply(float d[4], const u32 a[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// Starts a copy of 16 or 4 bytes from global to shared memory, of which those from `valid` on become zero instead.
DEVICE void copy_async_16(void *shared, const void *global, int valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(valid) : "memory");
}
DEVICE void copy_async_4(void *shared, const void *global, int valid) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(valid) : "memory");
}
DEVICE void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most `pending` groups of this thread's copies are under way.
template <int pending> DEVICE void copy_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory"); }
DEVICE char *dynamic_shared() {
  extern __shared__ __attribute__((aligned(1024))) char bytes[];
  return bytes;
}
#endif

DEVICE bf16 narrow(float f) { return (bf16)pack(f, 0.f); }
DEVICE float exp_fast(float x) { return exp2_fast(x * 1.44269504f); }
DEVICE float log_fast(float x) { return log2_fast(x) * 0.693147181f; }
// tanh to 4e-7, with ex2 and rcp off by all they may: near 0 the form by exponentials loses its digits, so a short odd polynomial (Cephes
// tanhf) serves there.
DEVICE float tanh_fast(float x) {
  float a = x < 0.f ? -x : x;
  float e = 1.f - 2.f * reciprocal(exp2_fast(a * 2.88539008f) + 1.f);
  float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  return a < 0.625f ? p * z * x + x : (x < 0.f ? -e : e);
}

// Sum over the warp, the same bits in every lane: lanes that differ in bit 4 first, then 3 to 0.
DEVICE float warp_sum(float v) {
#pragma unroll
  for (int d = 16; d > 0; d >>= 1) v += __shfl_xor_sync(0xffffffffu, v, d);
  return v;
}
// Sum over the four lanes that hold one row of a product.
DEVICE float quad_sum(float v) {
  v += __shfl_xor_sync(0xffffffffu, v, 1);
  return v + __shfl_xor_sync(0xffffffffu, v, 2);
}

DEVICE int minimum(int a, int b) { return a < b ? a : b; }
DEVICE int maximum(int a, int b) { return a > b ? a : b; }

// Sum over a block of at most 8 full warps, the same in every thread, warps in order; shared holds 8 floats.
DEVICE float block_sum(float v, float *shared) {
  v = warp_sum(v);
  __syncthreads();
  if (lane() == 0) shared[warp()] = v;
  __syncthreads();
  float s = 0.f;
  for (int i = 0; i < blockDim.x / WARP; i++) s += shared[i];
  return s;
}

// 1/sqrt(mean square + eps) of n numbers.
DEVICE float inverse_rms(float square_sum, int n, float eps) { return 1.f / square_root(square_sum / (float)n + eps); }

// W neighbouring numbers of a row, in float; W is 8 (one access of 16 bytes), 2 or 1. p is aligned to W numbers.
template <int W> struct Numbers {
  float v[W];
  DEVICE_MEMBER static Numbers load(const bf16 *p);
  DEVICE_MEMBER static Numbers load(const float *p);
  DEVICE_MEMBER void store(bf16 *p) const;
  DEVICE_MEMBER void store(float *p) const;
};
template <> DEVICE_MEMBER Numbers<8> Numbers<8>::load(const bf16 *p) {
  u32x4 w = *(const u32x4 *)p;
  return {{low(w.x), high(w.x), low(w.y), high(w.y), low(w.z), high(w.z), low(w.w), high(w.w)}};
}
template <> DEVICE_MEMBER Numbers<2> Numbers<2>::load(const bf16 *p) {
  u32 w = *(const u32 *)p;
  return {{low(w), high(w)}};
}
template <> DEVICE_MEMBER void Numbers<8>::store(bf16 *p) const {
  *(u32x4 *)p = {pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7])};
}
template <> DEVICE_MEMBER void Numbers<2>::store(bf16 *p) const { *(u32 *)p = pack(v[0], v[1]); }
template <> DEVICE_MEMBER Numbers<8> Numbers<8>::load(const float *p) {
  u32x4 a = *(const u32x4 *)p, b = *(const u32x4 *)(p + 4);
  return {{from_bits(a.x), from_bits(a.y), from_bits(a.z), from_bits(a.w), from_bits(b.x), from_bits(b.y), from_bits(b.z), from_bits(b.w)}};
}
template <> DEVICE_MEMBER Numbers<2> Numbers<2>::load(const float *p) {
  u32x2 a = *(const u32x2 *)p;
  return {{from_bits(a.x), from_bits(a.y)}};
}
template <> DEVICE_MEMBER void Numbers<8>::store(float *p) const {
  *(u32x4 *)p = {to_bits(v[0]), to_bits(v[1]), to_bits(v[2]), to_bits(v[3])};
  *(u32x4 *)(p + 4) = {to_bits(v[4]), to_bits(v[5]), to_bits(v[6]), to_bits(v[7])};
}
template <> DEVICE_MEMBER void Numbers<2>::store(float *p) const { *(u32x2 *)p = {to_bits(v[0]), to_bits(v[1])}; }
template <> DEVICE_MEMBER Numbers<1> Numbers<1>::load(const bf16 *p) { return {{widen(*p)}}; }
template <> DEVICE_MEMBER void Numbers<1>::store(bf16 *p) const { *p = narrow(v[0]); }
template <> DEVICE_MEMBER Numbers<1> Numbers<1>::load(const float *p) { return {{*p}}; }
template <> DEVICE_MEMBER void Numbers<1>::store(float *p) const { *p = v[0]; }
