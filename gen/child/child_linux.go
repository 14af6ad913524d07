package child

import "golang.org/x/sys/unix"

// setLimits bounds the address space and the processor time of a running process. They are set from outside just after the
// start, because Go offers no place between fork and exec; the program has had no time to use either up.
func setLimits(pid int, c Command) error {
	for resource, most := range map[int]uint64{unix.RLIMIT_AS: c.MaxMemory, unix.RLIMIT_CPU: uint64(c.MaxCPU.Seconds())} {
		if most == 0 {
			continue
		}
		err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil)
		if err == unix.ESRCH {
			return nil // it has ended already
		}
		if err != nil {
			return err
		}
	}
	return nil
}
