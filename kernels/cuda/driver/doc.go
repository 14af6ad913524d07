// Package driver is the CUDA driver as the backend uses it: gorgonia.org/cu for devices, contexts, modules, memory and streams,
// and a few calls of its own for what that lacks.
//
// With the build tag cuda it needs cgo and gcc, but no CUDA toolkit: cuda.h beside this file declares the interface, and
// trampolines look its functions up in libcuda.so.1 when they are first called. A program built so starts on a machine without
// a driver, where Open says so. gorgonia.org/cu looks for a toolkit where toolkits lie, so cgo must be told of the declarations and of a linker
// script that stands for the library:
//
//	go run ./kernels/cuda/install
//
// does, and is the same as
//
//	export CGO_CFLAGS="-O2 -I$PWD/kernels/cuda/driver" CGO_LDFLAGS="-L$PWD/kernels/cuda/driver/stub"
//	go install -tags cuda ./cmd/bilevel
//
// Without the tag the package is empty and nothing needs cgo.
package driver
