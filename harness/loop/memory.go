package loop

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// memoryLimit is what a runner's heap may hold, in bytes: a mechanism's state and views are kilobytes.
const memoryLimit = 512 << 20

// maxStack bounds one goroutine's stack in bytes, so that endless recursion ends at once and not after a gigabyte.
const maxStack = 64 << 20

// limitMemory ends the process when its heap passes memoryLimit, so that a mechanism that allocates without end costs the
// run one runner and not the machine. A second, harder limit on the address space stands behind it where the operating
// system has one: a single huge allocation passes between two looks of the watch.
func limitMemory(errs io.Writer) error {
	if err := limitAddressSpace(); err != nil {
		return fmt.Errorf("limit of the address space: %w", err)
	}
	debug.SetMemoryLimit(memoryLimit)
	debug.SetMaxStack(maxStack)
	go watchHeap(errs)
	return nil
}

func watchHeap(errs io.Writer) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for range time.Tick(10 * time.Millisecond) {
		metrics.Read(sample)
		if got := sample[0].Value.Uint64(); got > memoryLimit {
			fmt.Fprintf(errs, "runner: out of memory: the heap holds %d MiB, want at most %d MiB\n", got>>20, memoryLimit>>20)
			os.Exit(ExitMemory)
		}
	}
}
