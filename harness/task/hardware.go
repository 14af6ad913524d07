package task

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cuda"
)

// Hardware says in words what the trials of a spec run on: what wall-clock results depend on beside the point.
func Hardware(s Spec) string {
	kind, number, _ := strings.Cut(s.Device, ":")
	if kind == "cuda" || kind == "auto" {
		n, _ := strconv.Atoi(number) // the first where none is named
		if devices, err := cuda.Devices(); err == nil && n >= 0 && n < len(devices) {
			return devices[n]
		}
	}
	return fmt.Sprintf("%s, %d cores", processor(), runtime.NumCPU())
}
