package task

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cuda"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// openDevice opens the backend that a device names: "cpu", also when empty; "cuda", or "cuda:1" for the second GPU; "auto" for
// the first GPU where this build and machine have one, and the CPU where not. Results depend on which it is, by
// gpt.Backend's Numerics. "cuda-sm80", with or without a number, keeps a GPU of compute capability 9.0 to the kernels for 8.0 and newer.
func openDevice(device string, threads int) (gpt.Backend, error) {
	onCPU := func() gpt.Backend {
		return cpu.New(arith.Default(), cpu.Config{Threads: threads, Limit: memoryLimit()})
	}
	kind, number, numbered := strings.Cut(device, ":")
	switch {
	case device == "" || device == "cpu":
		return onCPU(), nil
	case device == "auto":
		if devices, err := cuda.Devices(); err != nil || len(devices) == 0 {
			return onCPU(), nil
		}
		return cuda.New(cuda.Config{})
	case kind == "cuda" || kind == "cuda-sm80":
		n, err := strconv.Atoi(number)
		if numbered && (err != nil || n < 0) {
			return nil, fmt.Errorf("device %q, want %s:N with a number from 0", device, kind)
		}
		c := cuda.Config{Device: n}
		if kind == "cuda-sm80" {
			c.Kernels = cuda.SM80
		}
		return cuda.New(c)
	}
	return nil, fmt.Errorf("device %q, want cpu, cuda, cuda:N, cuda-sm80, cuda-sm80:N or auto", device)
}
