//go:build cuda && linux && amd64

package driver

/*
#cgo LDFLAGS: -ldl
#include "cuda.h"
int bilevel_driver_present(void);
int bilevel_driver_init(void);
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"gorgonia.org/cu"
)

var (
	// ErrNoDriver: libcuda.so.1 is not on this machine.
	ErrNoDriver = errors.New("no CUDA driver")
	// ErrNone: there is a driver, and no device that it could use.
	ErrNone = errors.New("no CUDA device")
)

// Device is one GPU with a context and a stream of its own. It may be used from one goroutine at a time, between Enter and the
// leave that it returns.
type Device struct {
	Name            string
	Major, Minor    int   // compute capability
	Multiprocessors int   // that run blocks at once
	SharedMemory    int   // bytes a block may ask for at launch
	Memory          int64 // bytes in all
	device          cu.Device
	context         cu.CUContext
	stream          cu.Stream
	pool            C.CUmemoryPool // nil where the device has none
}

// Count is the number of devices. Its error wraps ErrNoDriver or ErrNone and says what is missing.
func Count() (int, error) {
	if C.bilevel_driver_present() == 0 {
		return 0, fmt.Errorf("%w: libcuda.so.1 is not found", ErrNoDriver)
	}
	if code := C.bilevel_driver_init(); code != 0 {
		return 0, fmt.Errorf("%w: the CUDA driver's cuInit gave error %d", ErrNone, code)
	}
	n, err := cu.NumDevices()
	if err != nil {
		return 0, fmt.Errorf("cuda: count devices: %w", err)
	}
	if n == 0 {
		return 0, fmt.Errorf("%w: the CUDA driver lists none", ErrNone)
	}
	return n, nil
}

// Names lists the devices, at least one. Its error wraps ErrNoDriver or ErrNone and says what is missing. It makes no context.
func Names() ([]string, error) {
	n, err := Count()
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range n {
		var d Device
		if d.device, err = cu.GetDevice(i); err == nil {
			err = d.describe()
		}
		if err != nil {
			return nil, fmt.Errorf("cuda: device %d: %w", i, err)
		}
		names = append(names, fmt.Sprintf("%s, compute capability %d.%d, %d MiB", d.Name, d.Major, d.Minor, d.Memory>>20))
	}
	return names, nil
}

// Open makes a context on device n, counted from 0.
func Open(n int) (*Device, error) {
	count, err := Count()
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= count {
		return nil, fmt.Errorf("cuda: open device %d: %w of that number, want 0 to %d", n, ErrNone, count-1)
	}
	d := &Device{}
	if d.device, err = cu.GetDevice(n); err != nil {
		return nil, fmt.Errorf("cuda: open device %d: %w", n, err)
	}
	if err := d.describe(); err != nil {
		return nil, fmt.Errorf("cuda: open device %d: %w", n, err)
	}
	if d.Major < 8 {
		return nil, fmt.Errorf("cuda: open device %d: %s has compute capability %d.%d, want at least 8.0", n, d.Name, d.Major, d.Minor)
	}
	if d.context, err = d.device.RetainPrimaryCtx(); err != nil {
		return nil, fmt.Errorf("cuda: open device %d: context: %w", n, err)
	}
	defer d.Enter()()
	if d.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
		d.device.ReleasePrimaryCtx()
		return nil, fmt.Errorf("cuda: open device %d: stream: %w", n, err)
	}
	if err = d.openPool(); err != nil {
		return nil, errors.Join(fmt.Errorf("cuda: open device %d: memory pool: %w", n, err), d.Close())
	}
	return d, nil
}

func (d *Device) describe() (err error) {
	if d.Name, err = d.device.Name(); err != nil {
		return err
	}
	d.Name = strings.TrimRight(d.Name, "\x00")
	if d.Memory, err = d.device.TotalMem(); err != nil {
		return err
	}
	const sharedOptIn cu.DeviceAttribute = 97 // shared memory of a block that asks for more than 48 KiB
	for _, a := range []struct {
		attribute cu.DeviceAttribute
		to        *int
	}{
		{cu.ComputeCapabilityMajor, &d.Major}, {cu.ComputeCapabilityMinor, &d.Minor},
		{cu.MultiprocessorCount, &d.Multiprocessors}, {sharedOptIn, &d.SharedMemory},
	} {
		if *a.to, err = d.device.Attribute(a.attribute); err != nil {
			return err
		}
	}
	return nil
}

// Enter ties the goroutine to its thread and makes the device current there, until leave is called. Calls nest.
func (d *Device) Enter() (leave func()) {
	runtime.LockOSThread()
	if err := cu.SetCurrentContext(d.context); err != nil {
		panic(fmt.Sprintf("cuda: make context current: %v", err)) // only a context already destroyed does this
	}
	return runtime.UnlockOSThread
}

// Close waits for the device and gives its context back.
func (d *Device) Close() error {
	leave := d.Enter()
	err := errors.Join(d.Wait(), d.trim(), d.stream.Destroy())
	leave()
	return errors.Join(err, d.device.ReleasePrimaryCtx())
}

// Wait returns when everything asked of the device is done, with the first error of it.
func (d *Device) Wait() error {
	if err := d.stream.Synchronize(); err != nil {
		return fmt.Errorf("cuda: %s: %w", d.Name, err)
	}
	return nil
}

// A Pointer is an address in the device's memory.
type Pointer uint64

// Write copies numbers to the device, in order with what else is asked of it. src may be used again when Write returns: the driver
// stages what does not lie in pinned memory.
func Write[T any](d *Device, to Pointer, src []T) error {
	if len(src) == 0 {
		return nil
	}
	if err := cu.MemcpyHtoDAsync(cu.DevicePtr(to), unsafe.Pointer(&src[0]), bytes(src), d.stream); err != nil {
		return fmt.Errorf("cuda: %s: copy %d bytes to the device: %w", d.Name, bytes(src), err)
	}
	return nil
}

// Read copies numbers from the device when everything asked of it before is done.
func Read[T any](d *Device, dst []T, from Pointer) error {
	if len(dst) == 0 {
		return nil
	}
	if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&dst[0]), cu.DevicePtr(from), bytes(dst), d.stream); err != nil {
		return fmt.Errorf("cuda: %s: copy %d bytes from the device: %w", d.Name, bytes(dst), err)
	}
	return d.Wait()
}

func bytes[T any](x []T) int64 { return int64(len(x)) * int64(unsafe.Sizeof(x[0])) }

// Fill sets bytes of the device's memory, in order with what else is asked of it.
func (d *Device) Fill(to Pointer, value byte, count int64) error {
	if count == 0 {
		return nil
	}
	if err := cu.MemsetD8Async(cu.DevicePtr(to), value, count, d.stream); err != nil {
		return fmt.Errorf("cuda: %s: set %d bytes: %w", d.Name, count, err)
	}
	return nil
}
