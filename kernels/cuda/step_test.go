//go:build cuda && linux && amd64

package cuda

import (
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestStepsFollowTheCPU has two layers of different windows and value embeddings.
func TestStepsFollowTheCPU(t *testing.T) {
	b, err := New(Config{})
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer b.(*Backend).Close()
	followCPU(t, b, stepModel(t, kerneltest.Hyper(2, 32, 32, "SL"), 48, 130))
}
