//go:build !linux

package task

func machineMemory() int64 { return 0 }
