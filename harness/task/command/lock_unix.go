//go:build unix

package command

import (
	"os"
	"syscall"
)

// tryLock takes the lock of a file unless another process has it.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
