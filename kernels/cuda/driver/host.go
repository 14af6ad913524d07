//go:build cuda && linux && amd64

package driver

/*
#include "cuda.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// A Pinned array lies in host memory that the device reads and writes by itself, so copies to and from it are under way while the host goes
// on. It must be freed.
type Pinned[T any] struct{ Numbers []T }

// Pin takes host memory for n numbers, zeros at first.
func Pin[T any](d *Device, n int) (Pinned[T], error) {
	var p unsafe.Pointer
	size := int64(n) * int64(unsafe.Sizeof(*new(T)))
	if r := C.cuMemAllocHost_v2(&p, C.size_t(size)); r != C.CUDA_SUCCESS {
		return Pinned[T]{}, fmt.Errorf("cuda: %s: allocate %d KiB of pinned host memory: error %d", d.Name, size>>10, int(r))
	}
	numbers := unsafe.Slice((*T)(p), n)
	clear(numbers)
	return Pinned[T]{numbers}, nil
}

// Free gives the memory back. No copy may be under way.
func (p Pinned[T]) Free() {
	if len(p.Numbers) > 0 {
		C.cuMemFreeHost(unsafe.Pointer(&p.Numbers[0]))
	}
}

// Fetch starts to copy numbers from the device, behind what was asked of it before. They are there when a Mark made later has been reached.
func Fetch[T any](d *Device, dst Pinned[T], from Pointer) error {
	if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&dst.Numbers[0]), cu.DevicePtr(from), bytes(dst.Numbers), d.stream); err != nil {
		return fmt.Errorf("cuda: %s: copy %d bytes from the device: %w", d.Name, bytes(dst.Numbers), err)
	}
	return nil
}

// A Mark is a place in what was asked of the device, which the host can wait for. It must be freed.
type Mark struct {
	device *Device
	event  cu.Event
}

// NewMark makes one that is nowhere yet.
func (d *Device) NewMark() (Mark, error) {
	e, err := cu.MakeEvent(cu.DisableTiming)
	if err != nil {
		return Mark{}, fmt.Errorf("cuda: %s: make event: %w", d.Name, err)
	}
	return Mark{d, e}, nil
}

// Set puts the mark behind everything asked so far.
func (m Mark) Set() error {
	if err := m.event.Record(m.device.stream); err != nil {
		return fmt.Errorf("cuda: %s: record event: %w", m.device.Name, err)
	}
	return nil
}

// Wait returns when everything before the mark is done, with the first error of it.
func (m Mark) Wait() error {
	if err := m.event.Synchronize(); err != nil {
		return fmt.Errorf("cuda: %s: %w", m.device.Name, err)
	}
	return nil
}

// Free gives the mark back.
func (m Mark) Free() { cu.DestroyEvent(&m.event) }
