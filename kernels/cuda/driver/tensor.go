//go:build cuda && linux && amd64

package driver

/*
#include <string.h>
#include "cuda.h"

// A batch of matrices of bfloat16. Boxes are of one matrix, 64 columns wide, swizzled in 128 bytes; what lies outside is zero.
static CUresult encode(void *to, CUdeviceptr at, cuuint64_t columns, cuuint64_t rows, cuuint64_t matrices, cuuint64_t row_bytes,
	cuuint64_t matrix_bytes, cuuint32_t box_rows) {
	CUtensorMap map;
	cuuint64_t lengths[3] = {columns, rows, matrices}, strides[2] = {row_bytes, matrix_bytes};
	cuuint32_t box[3] = {64, box_rows, 1}, steps[3] = {1, 1, 1};
	CUresult r = cuTensorMapEncodeTiled(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 3, (void *)at, lengths, strides, box, steps,
		CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
	memcpy(to, &map, sizeof map);
	return r;
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// A TensorMap tells a kernel's bulk copies where a batch of matrices lies. It is passed to the kernel by value.
type TensorMap [16]uint64

// Tensors describes a batch of matrices of bfloat16. Strides count numbers and are multiples of 8; At is a multiple of 16.
type Tensors struct {
	At                           Pointer
	Columns, Rows, Matrices      int
	RowStride, MatrixStride, Box int // Box is how many rows one copy brings, at most 256
}

// Map encodes them. It fails on a device before compute capability 9.0, and on a driver before 12.0.
func (d *Device) Map(t Tensors) (TensorMap, error) {
	var m TensorMap
	if t.Matrices == 1 {
		t.MatrixStride = t.Rows * t.RowStride // unused, and a stride must still be one
	}
	err := result(C.encode(unsafe.Pointer(&m), C.CUdeviceptr(t.At), C.cuuint64_t(t.Columns), C.cuuint64_t(t.Rows), C.cuuint64_t(t.Matrices),
		C.cuuint64_t(2*t.RowStride), C.cuuint64_t(2*t.MatrixStride), C.cuuint32_t(t.Box)))
	if err != nil {
		return m, fmt.Errorf("cuda: %s: tensor map of %+v: %w", d.Name, t, err)
	}
	return m, nil
}
