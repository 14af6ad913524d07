//go:build cuda && linux && amd64

package cuda

import (
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestStepsFollowTheCPU has two layers of different windows, and one with value embeddings. There, channels and vocabulary are enough that the
// kernels for compute capability 9.0 take the products.
func TestStepsFollowTheCPU(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		model  [4]int // layers, aspect, T, V
	}{{"sm_80", Config{}, [4]int{2, 32, 48, 130}}, {"sm_90a", Config{Kernels: SM90a}, [4]int{1, 128, 8, 130}}} {
		t.Run(c.name, func(t *testing.T) {
			b, err := New(c.config)
			if err != nil {
				t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
			}
			defer b.(*Backend).Close()
			followCPU(t, b, stepModel(t, kerneltest.Hyper(c.model[0], c.model[1], 32, "SL"), c.model[2], c.model[3]))
		})
	}
}
