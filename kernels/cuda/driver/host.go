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

// A Block is host memory that the device reads and writes by itself, so copies to and from it are under way while the host goes on.
// Pieces are taken of it one behind the other; of the zero Block they are only counted.
type Block struct {
	Used  int // bytes that pieces have
	bytes []byte
}

// Pin takes host memory. It must be freed.
func (d *Device) Pin(bytes int) (Block, error) {
	var p unsafe.Pointer
	if err := result(C.cuMemAllocHost_v2(&p, C.size_t(bytes))); err != nil {
		return Block{}, fmt.Errorf("cuda: %s: allocate %d KiB of pinned host memory: %w", d.Name, bytes>>10, err)
	}
	return Block{bytes: unsafe.Slice((*byte)(p), bytes)}, nil
}

// Size is how many bytes there are.
func (b *Block) Size() int { return len(b.bytes) }

// Free gives the memory back. No copy may be under way.
func (b *Block) Free() {
	if b.Size() > 0 {
		C.cuMemFreeHost(unsafe.Pointer(&b.bytes[0]))
	}
	*b = Block{}
}

// A Pinned array is a piece of a Block.
type Pinned[T any] struct{ Numbers []T }

// Piece takes n numbers, zeros at first.
func Piece[T any](b *Block, n int) Pinned[T] {
	const aligned = 64 // as cache lines are
	at := b.Used
	b.Used += (n*int(unsafe.Sizeof(*new(T))) + aligned - 1) / aligned * aligned
	if b.bytes == nil {
		return Pinned[T]{}
	}
	numbers := unsafe.Slice((*T)(unsafe.Pointer(&b.bytes[at])), n)
	clear(numbers)
	return Pinned[T]{numbers}
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
