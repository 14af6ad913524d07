//go:build cuda && linux && amd64

package driver

/*
#include "cuda.h"
*/
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"gorgonia.org/cu"
)

// openPool finds the device's pool of memory and has it keep whatever is released, so that the next trial's memory is at hand: taking and
// releasing are then places in the stream, and neither waits for the device. A device without pools (some virtual ones) takes
// memory by cuMemAlloc, which waits.
func (d *Device) openPool() error {
	const supported cu.DeviceAttribute = 115 // CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED
	has, err := d.device.Attribute(supported)
	if err != nil || has == 0 {
		return err
	}
	if err := result(C.cuDeviceGetDefaultMemPool(&d.pool, C.CUdevice(d.device))); err != nil {
		d.pool = nil
		return err
	}
	everything := C.cuuint64_t(math.MaxUint64)
	return result(C.cuMemPoolSetAttribute(d.pool, C.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, unsafe.Pointer(&everything)))
}

// Pooled says whether the device has a pool.
func (d *Device) Pooled() bool { return d.pool != nil }

// trim gives what the pool keeps back to the driver. Only what was released before the last Wait can be.
func (d *Device) trim() error {
	if d.pool == nil {
		return nil
	}
	return result(C.cuMemPoolTrimTo(d.pool, 0))
}

// Free is how many bytes of the device's memory nobody uses, those that the pool keeps among them.
func (d *Device) Free() (int64, error) {
	free, _, err := cu.MemInfo()
	if err != nil {
		return 0, fmt.Errorf("cuda: %s: free memory: %w", d.Name, err)
	}
	if d.pool == nil {
		return free, nil
	}
	var reserved, used C.cuuint64_t
	err = result(C.cuMemPoolGetAttribute(d.pool, C.CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, unsafe.Pointer(&reserved)))
	if err == nil {
		err = result(C.cuMemPoolGetAttribute(d.pool, C.CU_MEMPOOL_ATTR_USED_MEM_CURRENT, unsafe.Pointer(&used)))
	}
	if err != nil {
		return 0, fmt.Errorf("cuda: %s: what the memory pool keeps: %w", d.Name, err)
	}
	return free + int64(reserved-used), nil
}

// Alloc takes memory of the device, undefined, at an address that is a multiple of 256. It is there for what is asked of the device
// afterwards.
func (d *Device) Alloc(bytes int64) (Pointer, error) {
	p, r := d.take(bytes)
	if r == C.CUDA_ERROR_OUT_OF_MEMORY && d.pool != nil {
		// What the pool keeps may be pieces that are all too small. They can be given back when the device is done with them.
		if err := d.Wait(); err != nil {
			return 0, err
		}
		if err := d.trim(); err != nil {
			return 0, fmt.Errorf("cuda: %s: give back what the memory pool keeps: %w", d.Name, err)
		}
		p, r = d.take(bytes)
	}
	if err := result(r); err != nil {
		return 0, fmt.Errorf("cuda: %s: allocate %d MiB: %w", d.Name, bytes>>20, err)
	}
	return p, nil
}

func (d *Device) take(bytes int64) (Pointer, C.CUresult) {
	var p C.CUdeviceptr
	if d.pool == nil {
		r := C.cuMemAlloc_v2(&p, C.size_t(bytes))
		return Pointer(p), r
	}
	r := C.cuMemAllocAsync(&p, C.size_t(bytes), d.handle())
	return Pointer(p), r
}

// Release gives back what Alloc took, when what was asked of the device before is done.
func (d *Device) Release(p Pointer) error {
	var r C.CUresult
	if d.pool == nil {
		r = C.cuMemFree_v2(C.CUdeviceptr(p))
	} else {
		r = C.cuMemFreeAsync(C.CUdeviceptr(p), d.handle())
	}
	if err := result(r); err != nil {
		return fmt.Errorf("cuda: %s: free memory: %w", d.Name, err)
	}
	return nil
}

// handle is the stream as C has it: cu.Stream is a struct of exactly one CUstream and does not give it away.
func (d *Device) handle() C.CUstream { return *(*C.CUstream)(unsafe.Pointer(&d.stream)) }
