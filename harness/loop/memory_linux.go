package loop

import "syscall"

// addressSpace bounds a runner's address space in bytes. Go reserves far more than it uses: an idle runner has 1.2 GiB.
const addressSpace = 4 << 30

func limitAddressSpace() error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &now); err != nil {
		return err
	}
	if now.Cur <= addressSpace {
		return nil
	}
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: addressSpace, Max: min(now.Max, addressSpace)})
}
