//go:build cuda && linux && amd64

package driver

import (
	"fmt"
	"time"

	"gorgonia.org/cu"
)

// Time is how long the device takes for what f asks of it, by its own clock.
func (d *Device) Time(f func() error) (time.Duration, error) {
	var ends [2]cu.Event
	for i := range ends {
		e, err := cu.MakeEvent(cu.DefaultEvent)
		if err != nil {
			return 0, fmt.Errorf("cuda: %s: make event: %w", d.Name, err)
		}
		defer cu.DestroyEvent(&e)
		ends[i] = e
	}
	if err := ends[0].Record(d.stream); err != nil {
		return 0, fmt.Errorf("cuda: %s: record event: %w", d.Name, err)
	}
	if err := f(); err != nil {
		return 0, err
	}
	if err := ends[1].Record(d.stream); err != nil {
		return 0, fmt.Errorf("cuda: %s: record event: %w", d.Name, err)
	}
	if err := ends[1].Synchronize(); err != nil {
		return 0, fmt.Errorf("cuda: %s: %w", d.Name, err)
	}
	ms, err := ends[0].Elapsed(ends[1])
	if err != nil {
		return 0, fmt.Errorf("cuda: %s: elapsed time: %w", d.Name, err)
	}
	return time.Duration(ms * float64(time.Millisecond)), nil
}

// Copy copies bytes within the device's memory, in order with what else is asked of it.
func (d *Device) Copy(to, from Pointer, count int64) error {
	if err := cu.MemcpyDtoDAsync(cu.DevicePtr(to), cu.DevicePtr(from), count, d.stream); err != nil {
		return fmt.Errorf("cuda: %s: copy %d bytes: %w", d.Name, count, err)
	}
	return nil
}
