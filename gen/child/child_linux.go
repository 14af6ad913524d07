package child

import "golang.org/x/sys/unix"

// limitMemory bounds the address space of a running process. It is set from outside just after the start, because Go
// offers no place between fork and exec; the program has had no time to allocate.
func limitMemory(pid int, bytes uint64) error {
	if bytes == 0 {
		return nil
	}
	err := unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: bytes, Max: bytes}, nil)
	if err == unix.ESRCH {
		return nil // it has ended already
	}
	return err
}
