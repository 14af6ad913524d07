// Package cuda trains a gpt.Model on an NVIDIA GPU.
//
// The kernels are CUDA C++ in the folder source, one operation per file, compiled to PTX by go generate and loaded by the driver
// when a backend is opened. Weights, gradients and optimizer state are float32; activations, their gradients and the
// operands of matrix products are bfloat16, with float32 sums. Every sum runs in a fixed order, so a device gives the same
// bits in every run.
//
// Without the build tag cuda, New gives an error that says how to build with it.
package cuda

//go:generate go run ./generate
