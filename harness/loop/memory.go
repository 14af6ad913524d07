package loop

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// memoryLimit is what a runner's heap may hold, in bytes: a mechanism's state and views are kilobytes.
const memoryLimit = 512 << 20

// maxStack bounds one goroutine's stack in bytes, so that endless recursion ends at once and not after a gigabyte.
const maxStack = 64 << 20

// limitMemory ends the process when its heap passes memoryLimit, so that a mechanism that allocates without end costs the
// run one runner and not the machine. A second, harder limit on the address space stands behind it where the operating
// system has one: a single huge allocation passes between two looks of the watch.
func limitMemory(errs io.Writer) (*heapWatch, error) {
	if err := limitAddressSpace(); err != nil {
		return nil, fmt.Errorf("limit of the address space: %w", err)
	}
	debug.SetMemoryLimit(memoryLimit)
	debug.SetMaxStack(maxStack)
	w := &heapWatch{}
	go w.watch(errs)
	return w, nil
}

// A heapWatch looks at the heap while a mechanism is at work. While the process waits for its supervisor it sleeps: hundreds
// of runners may wait at a time, and a hundred looks a second by each would be all that the machine does.
type heapWatch struct{ waiting sync.Mutex }

// rest is called before the process waits for its supervisor, resume after. A nil watch does nothing.
func (w *heapWatch) rest() {
	if w != nil {
		w.waiting.Lock()
	}
}

func (w *heapWatch) resume() {
	if w != nil {
		w.waiting.Unlock()
	}
}

func (w *heapWatch) watch(errs io.Writer) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for range time.Tick(10 * time.Millisecond) { // nobody receives while it rests, so nothing ticks
		w.waiting.Lock()
		metrics.Read(sample)
		if sample[0].Value.Uint64() > memoryLimit {
			runtime.GC() // what the sample counts may be garbage that no collection has come to yet
			metrics.Read(sample)
		}
		w.waiting.Unlock()
		if got := sample[0].Value.Uint64(); got > memoryLimit {
			fmt.Fprintf(errs, "runner: out of memory: the heap holds %d MiB, want at most %d MiB\n", got>>20, memoryLimit>>20)
			os.Exit(ExitMemory)
		}
	}
}
