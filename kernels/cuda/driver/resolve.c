//go:build cuda && linux && amd64

// The search behind trampoline_amd64.S.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include "cuda.h"

extern const char bilevel_driver_names[];
extern void *bilevel_driver_addresses[];
extern const int bilevel_driver_count;

static void *library;
static pthread_once_t opened = PTHREAD_ONCE_INIT;

// Where the loader does not find it, containers and Windows' Linux have it in folders of their own.
static void open_library(void) {
  static const char *const places[] = {"libcuda.so.1", "/usr/local/nvidia/lib64/libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"};
  for (int i = 0; i < 3 && !library; i++) library = dlopen(places[i], RTLD_NOW | RTLD_LOCAL);
}

int bilevel_driver_present(void) {
  pthread_once(&opened, open_library);
  return library != NULL;
}

// gorgonia.org/cu calls cuInit when the program starts and exits the process where it fails, so without a driver or a device
// cuInit must succeed. bilevel_driver_init keeps what the driver really said.
static CUresult initialised = CUDA_ERROR_NO_DEVICE;
static CUresult init_quietly(unsigned flags) {
  CUresult (*real)(unsigned) = dlsym(library, "cuInit");
  initialised = real ? real(flags) : CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND;
  return CUDA_SUCCESS;
}
static CUresult init_nothing(unsigned flags) { return CUDA_SUCCESS; }
static CUresult no_driver(void) { return CUDA_ERROR_NO_DEVICE; }
static CUresult no_function(void) { return CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND; }

int bilevel_driver_init(void) { return initialised; }

static const char *name_of(long i) {
  const char *name = bilevel_driver_names;
  while (i-- > 0) name += strlen(name) + 1;
  return name;
}

__attribute__((used, visibility("hidden"))) void *bilevel_driver_resolve(long i) {
  const char *name = name_of(i);
  void *found;
  if (!bilevel_driver_present()) {
    found = strcmp(name, "cuInit") ? (void *)no_driver : (void *)init_nothing;
  } else if (!strcmp(name, "cuInit")) {
    found = (void *)init_quietly;
  } else {
    found = dlsym(library, name);
    if (!found) found = (void *)no_function;
  }
  __atomic_store_n(&bilevel_driver_addresses[i], found, __ATOMIC_RELEASE);
  return found;
}
