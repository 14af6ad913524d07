//go:build cuda && linux && amd64

package driver

/*
#include <stdlib.h>
#include "cuda.h"

// Loads PTX. What its compiler says comes in info and wrong, both of so many bytes.
static CUresult compile(CUmodule *module, const char *ptx, char *info, char *wrong, size_t size) {
	CUjit_option options[] = {CU_JIT_INFO_LOG_BUFFER, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, CU_JIT_ERROR_LOG_BUFFER,
		CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_LOG_VERBOSE};
	void *values[] = {info, (void *)size, wrong, (void *)size, (void *)1};
	return cuModuleLoadDataEx(module, ptx, 5, options, values);
}
*/
import "C"

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unsafe"
)

// A Kernel is a function of a loaded module.
type Kernel struct {
	Name string
	// Parameters is the size in bytes of the struct that the kernel takes, as its PTX says.
	Parameters int
	// Threads is the most that a block may have.
	Threads  int
	function C.CUfunction
}

// Load compiles PTX for the device and returns its kernels by name, and what the driver's compiler finds slow in them, which is nothing where
// the driver has kept them compiled. An error has what that compiler says is wrong.
func (d *Device) Load(ptx string) (kernels map[string]Kernel, slow []string, err error) {
	const size = 64 << 10
	text, logs := C.CString(ptx), (*C.char)(C.calloc(2, size))
	defer C.free(unsafe.Pointer(text))
	defer C.free(unsafe.Pointer(logs))
	wrong := (*C.char)(unsafe.Add(unsafe.Pointer(logs), size))
	var module C.CUmodule
	if err := result(C.compile(&module, text, logs, wrong, size)); err != nil {
		return nil, nil, fmt.Errorf("cuda: %s: load PTX: %w\n%s", d.Name, err, strings.TrimSpace(C.GoString(wrong)))
	}
	kernels = map[string]Kernel{}
	for _, m := range entry.FindAllStringSubmatch(ptx, -1) {
		k := Kernel{Name: m[1]}
		for i, to := range []*int{&k.Parameters, &k.Threads} {
			if *to, err = strconv.Atoi(m[2+i]); err != nil {
				return nil, nil, fmt.Errorf("cuda: kernel %s: number %q in its PTX: %w", k.Name, m[2+i], err)
			}
		}
		name := C.CString(k.Name)
		err := result(C.cuModuleGetFunction(&k.function, module, name))
		C.free(unsafe.Pointer(name))
		if err != nil {
			return nil, nil, fmt.Errorf("cuda: %s: kernel %s: %w", d.Name, k.Name, err)
		}
		kernels[k.Name] = k
	}
	return kernels, remarks.FindAllString(C.GoString(logs), -1), nil
}

var (
	// entry finds a kernel, the size of its one parameter, and its launch bound in PTX.
	entry = regexp.MustCompile(`\.visible \.entry (\w+)\(\s*\.param \.align \d+ \.b8 \w+\[(\d+)\]\s*\)\s*\.maxntid (\d+)`)
	// remarks finds what ptxas says where it makes matrix instructions wait, or gives setmaxnreg up.
	remarks = regexp.MustCompile(`\(C75\d\d\)[^\n]*`)
)
