package task

// memoryLimit is how many bytes one trial may plan for: three quarters of the machine's memory, or of what its control group
// may use. 0 where that cannot be found out, which means no limit.
func memoryLimit() int64 { return MachineMemory() / 4 * 3 }
