//go:build cuda && linux && amd64

package cuda

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/cuda/ptx"
)

// device is a GPU with the kernels loaded.
type device struct {
	*driver.Device
	kernels map[string]driver.Kernel
	// shared is the most shared memory a kernel has been allowed, where more than every kernel has.
	shared map[string]int
	loaded map[string]bool // files of PTX
	slow   []string        // what the driver's compiler said of them
	// heard, where it is set, hears of every launch of scripts made since.
	heard func(l launched)
	// hopper says that products and attention are to use the kernels for compute capability 9.0.
	hopper bool
}

// open loads the kernels for all devices.
func open(n int) (*device, error) { return openFor(n, isForAll) }

func isForAll(name string) bool { return !isHopper(name) && !isProbe(name) }
func isHopper(name string) bool { return strings.HasPrefix(name, "hopper") }
func isProbe(name string) bool  { return strings.HasSuffix(name, "probe.ptx") }

// openFor loads the files of PTX that are wanted.
func openFor(n int, want func(name string) bool) (*device, error) {
	d, err := driver.Open(n)
	if err != nil {
		return nil, err
	}
	dev := &device{Device: d, kernels: map[string]driver.Kernel{}, shared: map[string]int{}, loaded: map[string]bool{}}
	if err := dev.load(want); err != nil {
		d.Close()
		return nil, err
	}
	return dev, nil
}

// load compiles the files that are wanted and that the device can run, unless they are there.
func (d *device) load(want func(name string) bool) error {
	defer d.Enter()()
	names, err := fs.Glob(ptx.Files, "*.ptx")
	if err != nil {
		return err
	}
	for _, name := range names {
		if !want(name) || d.loaded[name] || isHopper(name) && !d.hasHopper() {
			continue
		}
		if err := d.loadFile(name); err != nil {
			return err
		}
	}
	return nil
}

func (d *device) loadFile(name string) error {
	text, err := ptx.Files.ReadFile(name)
	if err != nil {
		return err
	}
	kernels, slow, err := d.Load(string(text))
	if err != nil {
		return fmt.Errorf("cuda: %s: %w", name, err)
	}
	for _, s := range slow {
		d.slow = append(d.slow, name+": "+s)
	}
	for k, v := range kernels {
		d.kernels[k] = v
	}
	d.loaded[name] = true
	return nil
}

// hasHopper says whether the device can run the kernels for compute capability 9.0, which later ones cannot. The emulator runs any.
func (d *device) hasHopper() bool { return d.Major == 9 || d.Name == "emulated device" }

// choose is the same device with a set of kernels, see Config. Where that is not to be had the device is closed.
func (d *device) choose(kernels string) (*device, error) {
	leave := d.Enter()
	h, err := d, error(nil)
	switch {
	case kernels == SM90a, kernels == "" && d.Major == 9:
		h, err = d.withHopper()
	case kernels != "" && kernels != SM80:
		err = fmt.Errorf("cuda: no set of kernels is called %q, want %s or %s", kernels, SM80, SM90a)
	}
	leave()
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return h, nil
}

// withHopper is the same device with products and attention by the kernels for compute capability 9.0.
func (d *device) withHopper() (*device, error) {
	if !d.hasHopper() {
		return nil, fmt.Errorf("cuda: %s has compute capability %d.%d, and its matrix instructions are not those of 9.0", d.Name, d.Major, d.Minor)
	}
	if err := d.load(func(name string) bool { return isHopper(name) && !isProbe(name) }); err != nil {
		return nil, err
	}
	h := *d
	h.hopper = true
	return &h, nil
}

// script is a program under construction. The first error stays.
type script struct {
	*device
	program *driver.Program
	err     error
	// heard, where it is set, hears of every launch.
	heard func(l launched)
}

// launched is one launch: what it is and what it was given.
type launched struct {
	name string
	driver.Shape
	arguments any
}

func (d *device) script() *script {
	return &script{device: d, program: d.Program(), heard: d.heard}
}

// launch appends one kernel. shared is in bytes.
func launch[T any](s *script, name string, grid [3]int, block, shared int, arguments T) {
	launchShape(s, name, driver.Shape{Grid: grid, Threads: block, Shared: shared}, arguments)
}

func launchShape[T any](s *script, name string, shape driver.Shape, arguments T) {
	k, ok := s.kernels[name]
	if !ok {
		panic("cuda: no kernel " + name)
	}
	const always = 48 << 10
	if shape.Shared > always && shape.Shared > s.shared[name] && s.err == nil {
		s.err = s.AllowShared(k, shape.Shared)
		s.shared[name] = shape.Shared
	}
	if s.heard != nil {
		s.heard(launched{name, shape, arguments})
	}
	driver.Add(s.program, k, shape, arguments)
}

// line is a grid of n blocks.
func line(n int) [3]int { return [3]int{n, 1, 1} }

func ceil(n, by int) int { return (n + by - 1) / by }

// array is a matrix on the device: bfloat16 or float32, row-major, stride numbers from row to row.
type array struct {
	at                 driver.Pointer
	rows, cols, stride int
}

const (
	sizeBF16  = 2
	sizeFloat = 4
)

// width is how many numbers kernels move at once: 8 where every length is a multiple of it, else 2. Lengths are even.
func width(lengths ...int) int {
	for _, n := range lengths {
		if n%8 != 0 {
			return 2
		}
	}
	return 8
}
