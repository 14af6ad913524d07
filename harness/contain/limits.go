//go:build linux || darwin

package contain

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// descriptors is how many a contained program may have open: its pipes, those of the Go runtime, and the binary that it
// reads before it becomes it.
const descriptors = 32

type limit struct {
	name     string
	resource int
	value    uint64 // in the resource's own unit
}

// setLimits lowers this process's resource limits for good. The number of processes is not among them: it counts the threads
// of all the user's processes together, so that a limit low enough to bind here would stop other programs' threads from
// being made here.
func setLimits(s Spec) error {
	most := []limit{
		{"core file size", syscall.RLIMIT_CORE, 0},
		{"file size", syscall.RLIMIT_FSIZE, 0},
		{"open files", syscall.RLIMIT_NOFILE, descriptors},
	}
	if s.Memory > 0 && boundsAddressSpace {
		most = append(most, limit{"address space", syscall.RLIMIT_AS, s.Memory})
	}
	if s.CPU > 0 {
		most = append(most, limit{"processor time", syscall.RLIMIT_CPU, uint64((s.CPU + time.Second - 1) / time.Second)})
	}
	for _, m := range most {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(m.resource, &now); err != nil {
			return fmt.Errorf("limit of %s: %w", m.name, err)
		}
		value := min(m.value, now.Max)
		// Of package syscall, so that its Exec does not put back the number of open files that the process began with.
		if err := syscall.Setrlimit(m.resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("limit of %s to %d: %w", m.name, value, err)
		}
	}
	return nil
}

// closeOnExec keeps the program from inheriting any descriptor but the first few.
func closeOnExec(keep int) {
	if closeRange(keep) == nil {
		return
	}
	var now syscall.Rlimit
	top := uint64(1 << 16)
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now) == nil {
		top = min(top, now.Cur)
	}
	for fd := keep; fd < int(top); fd++ {
		unix.CloseOnExec(fd) // of one that is not open: nothing
	}
}
