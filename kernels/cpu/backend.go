package cpu

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/cpu/vec"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// version is raised when a change alters the bits that this backend computes.
const version = 2

// Config says how a backend uses the machine. The zero value uses all of it.
type Config struct {
	// Threads is the number of workers; 0 means runtime.GOMAXPROCS(0). It does not change results.
	Threads int
	// Limit is how many bytes a model may need; 0 means no limit.
	Limit int64
	// Portable computes in plain Go what assembly would, with the same bits. For tests.
	Portable bool
}

// Backend is a gpt.Backend. Memory is kept between machines and grows to the largest model.
type Backend struct {
	config Config
	mode   arith.Mode
	pool   *pool
	slab   []float32
	open   bool
}

// New returns a backend that computes in the given arithmetic; arith.Default() is the fastest of this processor.
func New(mode arith.Mode, c Config) *Backend {
	if c.Threads <= 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	if c.Limit <= 0 {
		c.Limit = 1<<63 - 1
	}
	return &Backend{config: c, mode: mode, pool: newPool(c.Threads)}
}

// Numerics is "cpu-VERSION-MODE", such as cpu-2-fma.
func (b *Backend) Numerics() string { return fmt.Sprintf("cpu-%d-%s", version, b.mode) }

// Memory counts the machine's arrays. Each thread has its own activations, so it grows with Threads.
func (b *Backend) Memory(m gpt.Model) (need, limit int64) {
	var a arena
	layout(m, b.config.Threads, &a)
	return int64(a.used) * 4, b.config.Limit
}

// Open lays a machine out in the backend's memory.
func (b *Backend) Open(m gpt.Model) (gpt.Machine, error) {
	if b.open {
		return nil, errors.New("cpu: open: the last machine is still open, want it closed first")
	}
	var count arena
	layout(m, b.config.Threads, &count)
	if need := int64(count.used) * 4; need > b.config.Limit {
		return nil, fmt.Errorf("cpu: open: %w: the model needs %d MiB, may use %d MiB", gpt.ErrMemory, need>>20, b.config.Limit>>20)
	}
	if len(b.slab) < count.used {
		b.slab = nil // free the old one before the new one is made
		b.slab = make([]float32, count.used)
	} else {
		clear(b.slab[:count.used])
	}
	b.open = true
	return newMachine(b, m, layout(m, b.config.Threads, &arena{slab: b.slab})), nil
}

// mul returns a fresh multiplier for one worker.
func (b *Backend) mul() *mat.Unit {
	if b.config.Portable {
		return mat.NewPortable(b.mode)
	}
	return mat.New(b.mode)
}

func (b *Backend) vec() vec.Unit {
	if b.config.Portable {
		return vec.NewPortable(b.mode)
	}
	return vec.New(b.mode)
}
