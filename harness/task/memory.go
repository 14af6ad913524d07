package task

import (
	"os"
	"strconv"
	"strings"
)

// memoryLimit is how many bytes one trial may plan for: three quarters of the machine's memory, or of what its control group
// may use. 0 where that cannot be found out, which means no limit.
func memoryLimit() int64 { return MachineMemory() / 4 * 3 }

// OutOfMemoryKills is how many processes the kernel has ended for want of memory; 0 where it does not tell.
func OutOfMemoryKills() int64 {
	b, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0 // only Linux has it
	}
	for line := range strings.Lines(string(b)) {
		if count, found := strings.CutPrefix(line, "oom_kill "); found {
			n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}
