// Package ptx holds the compiled kernels: PTX for compute capability 8.0, which the driver of every newer device compiles
// further. It is made by go generate ./kernels/cuda and read by nobody else.
package ptx

import "embed"

// Files holds one NAME.ptx for each source/NAME.cu.
//
//go:embed *.ptx
var Files embed.FS
