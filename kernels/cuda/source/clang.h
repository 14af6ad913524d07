// The words of CUDA C++ for plain clang in CUDA mode (-nocudainc -nocudalib).
#pragma once
typedef __SIZE_TYPE__ size_t;

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define DEVICE_MEMBER __device__ __forceinline__

struct ThreadIndex {
  __declspec(property(get = get_x)) unsigned x;
  __device__ __forceinline__ unsigned get_x() const { return __nvvm_read_ptx_sreg_tid_x(); }
};
struct BlockIndex {
  __declspec(property(get = get_x)) unsigned x;
  __declspec(property(get = get_y)) unsigned y;
  __declspec(property(get = get_z)) unsigned z;
  __device__ __forceinline__ unsigned get_x() const { return __nvvm_read_ptx_sreg_ctaid_x(); }
  __device__ __forceinline__ unsigned get_y() const { return __nvvm_read_ptx_sreg_ctaid_y(); }
  __device__ __forceinline__ unsigned get_z() const { return __nvvm_read_ptx_sreg_ctaid_z(); }
};
struct BlockSize {
  __declspec(property(get = get_x)) unsigned x;
  __device__ __forceinline__ unsigned get_x() const { return __nvvm_read_ptx_sreg_ntid_x(); }
};
struct GridSize {
  __declspec(property(get = get_x)) unsigned x;
  __declspec(property(get = get_y)) unsigned y;
  __declspec(property(get = get_z)) unsigned z;
  __device__ __forceinline__ unsigned get_x() const { return __nvvm_read_ptx_sreg_nctaid_x(); }
  __device__ __forceinline__ unsigned get_y() const { return __nvvm_read_ptx_sreg_nctaid_y(); }
  __device__ __forceinline__ unsigned get_z() const { return __nvvm_read_ptx_sreg_nctaid_z(); }
};
extern const __device__ __attribute__((weak)) ThreadIndex threadIdx;
extern const __device__ __attribute__((weak)) BlockIndex blockIdx;
extern const __device__ __attribute__((weak)) BlockSize blockDim;
extern const __device__ __attribute__((weak)) GridSize gridDim;

#define __syncthreads() __nvvm_bar_sync(0)
#define __syncwarp() __nvvm_bar_warp_sync(0xffffffffu)
static __device__ __forceinline__ float __shfl_xor_sync(unsigned mask, float v, int lanes) {
  return __nvvm_shfl_sync_bfly_f32(mask, v, lanes, 31);
}
static __device__ __forceinline__ float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
#define EXPORT(name)
