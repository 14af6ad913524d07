//go:build cuda && linux && amd64

package cuda

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// version is raised when a change alters the bits that this backend computes.
const version = 1

// Backend is a gpt.Backend. The device's memory, and the host's that it copies from, are kept between machines and grow to the largest
// model.
type Backend struct {
	config Config
	dev    *device
	slab   driver.Pointer
	size   int64 // of slab, in bytes
	host   driver.Block
	open   bool
}

// Devices names the GPUs of this machine, at least one. Its error says why there is none.
func Devices() ([]string, error) { return driver.Names() }

// New opens a device and loads the kernels.
func New(c Config) (gpt.Backend, error) {
	dev, err := open(c.Device)
	if err != nil {
		return nil, err
	}
	if dev, err = dev.choose(c.Kernels); err != nil {
		return nil, err
	}
	return &Backend{config: c, dev: dev}, nil
}

// Numerics is "cuda-VERSION-DEVICE", such as cuda-1-nvidia-h200: the order in which a device's matrix units add, and the
// number of parts that long sums are cut into, are the device's own.
func (b *Backend) Numerics() string {
	name := strings.Join(strings.Fields(strings.ToLower(b.dev.Name)), "-")
	if b.dev.hopper {
		name += "-wgmma"
	}
	return fmt.Sprintf("cuda-%d-%s", version, name)
}

// Memory counts the machine's arrays. The limit is what was configured, or what is free now.
func (b *Backend) Memory(m gpt.Model) (need, limit int64) {
	a := arena{}
	layout(m, b.dev.Multiprocessors, &a)
	if b.config.Limit > 0 {
		return a.used, b.config.Limit
	}
	defer b.dev.Enter()()
	free, err := b.dev.Free()
	if err != nil {
		return a.used, 0
	}
	return a.used, free + b.size
}

// Open lays a machine out in the backend's memory and compiles its operations.
func (b *Backend) Open(m gpt.Model) (gpt.Machine, error) {
	if b.open {
		return nil, errors.New("cuda: open: the last machine is still open, want it closed first")
	}
	if _, _, err := headWidth(m.Plan.HS); err != nil {
		return nil, fmt.Errorf("cuda: open: %w: %w", gpt.ErrConstraint, err)
	}
	need, limit := b.Memory(m)
	if need > limit {
		return nil, fmt.Errorf("cuda: open: %w: the model needs %d MiB, %s has %d MiB for it", gpt.ErrMemory, need>>20, b.dev.Name, limit>>20)
	}
	defer b.dev.Enter()()
	if err := b.grow(need, m); err != nil {
		return nil, err
	}
	d, err := newMachine(b, m, layout(m, b.dev.Multiprocessors, &arena{base: b.slab}))
	if err != nil {
		return nil, err
	}
	b.open = true
	return d, nil
}

// grow makes the slab at least so large, and the host's memory enough for a model. Their content is lost.
func (b *Backend) grow(need int64, m gpt.Model) error {
	var host driver.Block
	(&machine{plan: m.Plan, model: m}).pin(&host)
	if host.Used > b.host.Size() {
		b.host.Free()
		var err error
		if b.host, err = b.dev.Pin(host.Used); err != nil {
			return err
		}
	}
	if b.size >= need {
		return nil
	}
	if b.size > 0 {
		if err := b.dev.Release(b.slab); err != nil {
			return err
		}
		b.size = 0
	}
	p, err := b.dev.Alloc(need)
	if err != nil {
		return err
	}
	b.slab, b.size = p, need
	return nil
}

// Close gives the memory and the device back. No machine may be open.
func (b *Backend) Close() error {
	leave := b.dev.Enter()
	var err error
	if b.size > 0 {
		err = b.dev.Release(b.slab)
	}
	b.host.Free()
	leave()
	return errors.Join(err, b.dev.Close())
}
