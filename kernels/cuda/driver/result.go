//go:build cuda && linux && amd64

package driver

/*
#include "cuda.h"
*/
import "C"

import "fmt"

// A failure is what a call into the driver gave instead of success.
type failure C.CUresult

func result(r C.CUresult) error {
	if r == C.CUDA_SUCCESS {
		return nil
	}
	return failure(r)
}

// Error is the driver's own name of it and its sentence about it, such as "CUDA_ERROR_OUT_OF_MEMORY (2): out of memory".
func (f failure) Error() string {
	r := C.CUresult(f)
	if r == C.CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND {
		return "the driver lacks this call (error 303), want one of CUDA 12.0 or newer"
	}
	var name, sentence *C.char
	if C.cuGetErrorName(r, &name) != C.CUDA_SUCCESS || C.cuGetErrorString(r, &sentence) != C.CUDA_SUCCESS {
		return fmt.Sprintf("error %d", int(r))
	}
	return fmt.Sprintf("%s (%d): %s", C.GoString(name), int(r), C.GoString(sentence))
}
