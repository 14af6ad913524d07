// Device memory is host memory, each allocation of exactly its size, so that the address sanitizer sees what lies beyond. It is filled
// with NaNs.
//
// The pool keeps account of what a device would have reserved: a piece that is freed may serve a smaller allocation of the stream at once,
// is never joined with another, and goes back to the driver only when the host has waited for the free and the threshold, or cuMemPoolTrimTo,
// asks for it. BILEVEL_EMULATOR_MEMORY is the device's memory in bytes, 4 GiB by default; BILEVEL_EMULATOR_POOLS=0 takes the pool away.
#include "stream.h"
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <memory>

static size_t most() {
  const char *bytes = getenv("BILEVEL_EMULATOR_MEMORY");
  return bytes ? strtoull(bytes, nullptr, 10) : 4ull << 30;
}
bool has_pool() {
  const char *pools = getenv("BILEVEL_EMULATOR_POOLS");
  return !pools || strcmp(pools, "0");
}

struct Piece { size_t size; std::shared_ptr<bool> free; };  // free when its free has been done
static std::map<CUdeviceptr, size_t> plain;
static std::map<CUdeviceptr, size_t> taken;  // from the pool, by size of the piece
static std::list<Piece> kept;
static size_t plain_bytes, reserved, in_use;
static cuuint64_t threshold;

static CUresult fresh(CUdeviceptr *p, size_t n) {
  void *m;
  if (posix_memalign(&m, 256, n)) return CUDA_ERROR_OUT_OF_MEMORY;
  memset(m, 0xff, n);
  *p = (CUdeviceptr)m;
  return CUDA_SUCCESS;
}

static void trim(size_t keep) {
  for (auto i = kept.begin(); i != kept.end() && reserved > keep;) {
    if (!*i->free) { ++i; continue; }
    reserved -= i->size;
    i = kept.erase(i);
  }
}

void settle_pool() { trim(threshold); }

extern "C" {

CUresult cuDeviceTotalMem_v2(size_t *n, CUdevice) { *n = most(); return CUDA_SUCCESS; }
CUresult cuMemGetInfo_v2(size_t *free, size_t *total) { *total = most(); *free = *total - plain_bytes - reserved; return CUDA_SUCCESS; }

CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t n) {
  CUresult r = catch_up();
  if (!r) r = plain_bytes + reserved + n > most() ? CUDA_ERROR_OUT_OF_MEMORY : fresh(p, n);
  if (!r) plain_bytes += plain[*p] = n;
  return r;
}
CUresult cuMemFree_v2(CUdeviceptr p) {
  CUresult r = catch_up();
  auto i = plain.find(p);
  if (i == plain.end()) return CUDA_ERROR_INVALID_VALUE;
  plain_bytes -= i->second;
  plain.erase(i);
  free((void *)p);
  return r;
}

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice) { *pool = (CUmemoryPool)1; return has_pool() ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuMemPoolSetAttribute(CUmemoryPool, CUmemPool_attribute a, void *v) {
  if (a != CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) return CUDA_ERROR_INVALID_VALUE;
  threshold = *(cuuint64_t *)v;
  return CUDA_SUCCESS;
}
CUresult cuMemPoolGetAttribute(CUmemoryPool, CUmemPool_attribute a, void *v) {
  if (a != CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT && a != CU_MEMPOOL_ATTR_USED_MEM_CURRENT) return CUDA_ERROR_INVALID_VALUE;
  *(cuuint64_t *)v = a == CU_MEMPOOL_ATTR_USED_MEM_CURRENT ? in_use : reserved;
  return CUDA_SUCCESS;
}
CUresult cuMemPoolTrimTo(CUmemoryPool, size_t keep) { trim(keep); return CUDA_SUCCESS; }

CUresult cuMemAllocAsync(CUdeviceptr *p, size_t n, CUstream) {
  if (!has_pool()) return CUDA_ERROR_NOT_SUPPORTED;
  auto best = kept.end();
  for (auto i = kept.begin(); i != kept.end(); ++i)
    if (i->size >= n && (best == kept.end() || i->size < best->size)) best = i;
  if (best == kept.end() && plain_bytes + reserved + n > most()) return CUDA_ERROR_OUT_OF_MEMORY;
  if (CUresult r = fresh(p, n)) return r;
  size_t size = n;
  if (best == kept.end()) reserved += n;
  else {
    size = best->size;
    kept.erase(best);
  }
  in_use += taken[*p] = size;
  return CUDA_SUCCESS;
}
CUresult cuMemFreeAsync(CUdeviceptr p, CUstream) {
  auto i = taken.find(p);
  if (i == taken.end()) return CUDA_ERROR_INVALID_VALUE;
  auto done = std::make_shared<bool>(false);
  in_use -= i->second;
  kept.push_back({i->second, done});
  taken.erase(i);
  return later([=] {
    free((void *)p);
    *done = true;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
