package task

import (
	"strings"
	"testing"
)

func TestDevices(t *testing.T) {
	for _, name := range []string{"", "cpu"} {
		b, err := openDevice(name, 1)
		if err != nil || !strings.HasPrefix(b.Numerics(), "cpu-") {
			t.Errorf("device %q gives error %v, want the CPU", name, err)
		}
	}
	if b, err := openDevice("auto", 1); err != nil || b.Numerics() == "" {
		t.Errorf("device auto gives error %v, want whatever there is", err)
	}
	for _, name := range []string{"tpu", "cuda:x", "cuda:-1", "cpu:1"} {
		if _, err := openDevice(name, 1); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("device %q gives error %v, want one that names it", name, err)
		}
	}
	// Nobody has a thousand GPUs; without CUDA in this build the error says how to build with it.
	if _, err := openDevice("cuda:999", 1); err == nil || !strings.Contains(strings.ToLower(err.Error()), "cuda") {
		t.Errorf("device cuda:999 gives error %v, want one about CUDA", err)
	}
}
