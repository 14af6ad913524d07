//go:build !linux

package task

// MachineMemory is how many bytes of memory this machine, or its control group, has; 0 where that cannot be found out.
func MachineMemory() int64 { return 0 }
