// A libcuda.so.1 over the emulator. It has the functions that the backend uses; the others are missing, and the trampolines say so.
// Memory is in memory.cc.
//
// What is asked of the stream is done as late as a device may do it: when somebody waits for it. A copy to pinned memory destroys what it
// overwrites when it is asked for, and a copy from it reads when it is done; other host memory is copied at once, as drivers do. So a
// host that reads too early, or writes over what is not yet copied, shows.
//
// BILEVEL_EMULATOR_ORDER=reverse runs threads and blocks in descending order. A kernel that goes wrong is named on standard error and its launch gives error 719, as on a device.
#include "emulator.h"
#include "stream.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

struct CUfunc_st { std::string name; int shared; };
struct Recorded { CUfunction f; unsigned grid[3], block, shared, cluster; std::string argument; };
struct CUgraph_st { std::vector<Recorded> launches; };
struct CUgraphExec_st { std::vector<Recorded> launches; };

static CUgraph capture;
static const int SHARED_BY_DEFAULT = 48 << 10, SHARED_AT_MOST = 227 << 10;

static bool reverse() {
  const char *order = getenv("BILEVEL_EMULATOR_ORDER");
  return order && !strcmp(order, "reverse");
}

struct Work { std::function<CUresult()> run; CUevent mark; };
static std::deque<Work> stream;
static std::map<const char *, size_t> pinned;

// A kernel that goes wrong takes the context with it: whatever is asked afterwards gives the same error, as on a device.
static CUresult lost;

// What may be asked now: nothing without a context, and while a stream is captured nothing but launches.
static CUresult allowed() { return lost ? lost : capture ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS; }

CUresult later(std::function<CUresult()> run) {
  if (CUresult r = allowed()) return r;
  stream.push_back({run, nullptr});
  return CUDA_SUCCESS;
}

CUresult catch_up(CUevent mark) {
  if (CUresult r = allowed()) return r;
  bool there = !mark;
  for (const Work &w : stream) there |= w.mark == mark;
  CUresult first = CUDA_SUCCESS;
  while (there && !stream.empty()) {
    Work w = stream.front();
    stream.pop_front();
    CUresult r = w.run ? w.run() : CUDA_SUCCESS;
    if (!first) first = r;
    if (mark && w.mark == mark) {
      bool again = false;  // recorded once more since: the later one counts
      for (const Work &next : stream) again |= next.mark == mark;
      if (!again) break;
    }
  }
  return first;
}

static bool is_pinned(const void *p) {
  auto i = pinned.upper_bound((const char *)p);
  return i != pinned.begin() && (const char *)p < std::prev(i)->first + std::prev(i)->second;
}

static CUresult run(const Recorded &r) {
  emulator::Launch l = {r.f->name.c_str(), {r.grid[0], r.grid[1], r.grid[2]}, r.block, r.shared, r.cluster, r.argument.data()};
  const char *wrong = emulator::run(l, reverse());
  if (!wrong) return CUDA_SUCCESS;
  fprintf(stderr, "emulated %s: %s\n", l.kernel, wrong);
  return lost = CUDA_ERROR_LAUNCH_FAILED;
}

extern "C" {

CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult r, const char **name) {
  *name = r == CUDA_ERROR_OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : r == CUDA_ERROR_INVALID_CLUSTER_SIZE ? "CUDA_ERROR_INVALID_CLUSTER_SIZE" : "CUDA_ERROR";
  return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult, const char **sentence) { *sentence = "as the emulator has it"; return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *v) { *v = 12000; return CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *n) { *n = 1; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *d, int n) { *d = n; return n == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE; }
CUresult cuDeviceGetName(char *s, int n, CUdevice) { snprintf(s, n, "emulated device"); return CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *v, CUdevice_attribute a, CUdevice) {
  switch (a) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = 8; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = 0; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = 2; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *v = SHARED_AT_MOST; break;
    case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED: *v = has_pool(); break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice) { *c = (CUcontext)1; return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }
static CUresult wait() {
  CUresult r = catch_up();
  settle_pool();
  return r;
}
CUresult cuCtxSynchronize() { return wait(); }
CUresult cuStreamCreate(CUstream *s, unsigned) { *s = (CUstream)1; return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream) { return wait(); }
CUresult cuStreamDestroy_v2(CUstream) { return catch_up(); }
CUresult cuEventCreate(CUevent *e, unsigned) { *e = (CUevent) new char; return CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent e, CUstream) { stream.push_back({nullptr, e}); return CUDA_SUCCESS; }
CUresult cuEventSynchronize(CUevent e) { return catch_up(e); }
CUresult cuEventElapsedTime(float *ms, CUevent, CUevent) { *ms = 1; return CUDA_SUCCESS; }
CUresult cuEventDestroy_v2(CUevent e) { CUresult r = catch_up(e); delete (char *)e; return r; }

CUresult cuMemAllocHost_v2(void **p, size_t n) {
  if (posix_memalign(p, 4096, n)) return CUDA_ERROR_OUT_OF_MEMORY;
  memset(*p, 0xff, n);
  pinned[(const char *)*p] = n;
  return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void *p) { CUresult r = catch_up(); pinned.erase((const char *)p); free(p); return r; }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void *s, size_t n, CUstream) {
  if (is_pinned(s)) return later([=] { memcpy((void *)d, s, n); return CUDA_SUCCESS; });
  std::string staged((const char *)s, n);
  return later([=] { memcpy((void *)d, staged.data(), n); return CUDA_SUCCESS; });
}
CUresult cuMemcpyDtoHAsync_v2(void *d, CUdeviceptr s, size_t n, CUstream) {
  auto copy = [=] { memcpy(d, (void *)s, n); return CUDA_SUCCESS; };
  if (!is_pinned(d)) {
    CUresult r = catch_up();
    return r ? r : copy();
  }
  memset(d, 0xff, n);
  return later(copy);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream) { return later([=] { memcpy((void *)d, (void *)s, n); return CUDA_SUCCESS; }); }
CUresult cuMemsetD8Async(CUdeviceptr p, unsigned char v, size_t n, CUstream) { return later([=] { memset((void *)p, v, n); return CUDA_SUCCESS; }); }

CUresult cuModuleLoadDataEx(CUmodule *m, const void *, unsigned, CUjit_option *, void **) { *m = (CUmodule)1; return CUDA_SUCCESS; }
CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction *f, CUmodule, const char *name) {
  if (emulator::parameters(name) < 0) {
    fprintf(stderr, "emulated module: no kernel %s: EXPORT is missing in its source\n", name);
    return CUDA_ERROR_NOT_FOUND;
  }
  *f = new CUfunc_st{name, SHARED_BY_DEFAULT};
  return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute a, int v) {
  if (a != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || v > SHARED_AT_MOST) return CUDA_ERROR_INVALID_VALUE;
  f->shared = v;
  return CUDA_SUCCESS;
}
static CUresult launch(const CUlaunchConfig *c, CUfunction f, void **parameters) {
  if (c->blockDimY != 1 || c->blockDimZ != 1 || c->blockDimX < 1 || c->blockDimX > 1024) return CUDA_ERROR_INVALID_VALUE;
  if (c->gridDimX < 1 || c->gridDimY < 1 || c->gridDimZ < 1 || c->gridDimY > 65535 || c->gridDimZ > 65535) return CUDA_ERROR_INVALID_VALUE;
  if ((int)c->sharedMemBytes > f->shared) return CUDA_ERROR_INVALID_VALUE;
  unsigned cluster = 1;
  for (unsigned i = 0; i < c->numAttrs; i++) {
    const CUlaunchAttribute &a = c->attrs[i];
    if (a.id != CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION || a.value.clusterDim.y != 1 || a.value.clusterDim.z != 1) return CUDA_ERROR_INVALID_VALUE;
    cluster = a.value.clusterDim.x;
  }
  // More than 8 blocks are not to be had without asking for it.
  if (cluster < 1 || cluster > 8 || c->gridDimX % cluster) return CUDA_ERROR_INVALID_CLUSTER_SIZE;
  Recorded r = {f, {c->gridDimX, c->gridDimY, c->gridDimZ}, c->blockDimX, c->sharedMemBytes, cluster,
                std::string((const char *)parameters[0], emulator::parameters(f->name.c_str()))};
  if (!capture) return later([=] { return run(r); });
  capture->launches.push_back(r);
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernelEx(const CUlaunchConfig *c, CUfunction f, void **parameters, void **) { return launch(c, f, parameters); }
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                        CUstream stream, void **parameters, void **) {
  CUlaunchConfig c = {gx, gy, gz, bx, by, bz, shared, stream, nullptr, 0};
  return launch(&c, f, parameters);
}

CUresult cuStreamBeginCapture_v2(CUstream, CUstreamCaptureMode) { capture = new CUgraph_st; return CUDA_SUCCESS; }
CUresult cuStreamEndCapture(CUstream, CUgraph *g) { *g = capture; capture = nullptr; return CUDA_SUCCESS; }
CUresult cuGraphInstantiateWithFlags(CUgraphExec *e, CUgraph g, unsigned long long) { *e = new CUgraphExec_st{g->launches}; return CUDA_SUCCESS; }
CUresult cuGraphLaunch(CUgraphExec e, CUstream) {
  return later([=] {
    for (const Recorded &r : e->launches)
      if (CUresult c = run(r)) return c;
    return CUDA_SUCCESS;
  });
}
CUresult cuGraphDestroy(CUgraph g) { delete g; return CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec e) { CUresult r = catch_up(); delete e; return r; }

// Only what the backend asks for: batches of matrices of bfloat16 in boxes whose rows are 128 bytes.
CUresult cuTensorMapEncodeTiled(CUtensorMap *m, CUtensorMapDataType type, cuuint32_t rank, void *at, const cuuint64_t *lengths,
                                const cuuint64_t *strides, const cuuint32_t *box, const cuuint32_t *steps, CUtensorMapInterleave interleave,
                                CUtensorMapSwizzle swizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill fill) {
  if (type != CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 || rank != 3 || interleave != CU_TENSOR_MAP_INTERLEAVE_NONE || swizzle != CU_TENSOR_MAP_SWIZZLE_128B ||
      fill != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE || (size_t)m % 64 || (size_t)at % 16)
    return CUDA_ERROR_INVALID_VALUE;
  for (int i = 0; i < 3; i++)
    if (lengths[i] < 1 || lengths[i] > 1ull << 32 || box[i] < 1 || box[i] > 256 || steps[i] != 1) return CUDA_ERROR_INVALID_VALUE;
  // Every stride is a multiple of 16 and of the one before, and holds what lies inside it.
  if (strides[0] % 16 || strides[0] < 2 * lengths[0] || strides[1] % strides[0] || strides[1] < strides[0] * lengths[1] || strides[1] >> 40)
    return CUDA_ERROR_INVALID_VALUE;
  if (box[0] != 64 || box[2] != 1) return CUDA_ERROR_INVALID_VALUE;
  emulator::Tensor t = {emulator::TENSOR_MADE, (char *)at, lengths[0], lengths[1], lengths[2], strides[0], strides[1], box[1]};
  static_assert(sizeof t <= sizeof *m, "a tensor map is too small");
  memset(m, 0, sizeof *m);
  memcpy(m, &t, sizeof t);
  return CUDA_SUCCESS;
}

}  // extern "C"
