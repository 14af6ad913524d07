//go:build cuda && linux && amd64

package cuda

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestProbes asks the emulator what a check of a GPU asks the device.
func TestProbes(t *testing.T) {
	d, err := openFor(0, isProbe)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	for _, tr := range slices.Concat(trialsProbe(), trialsHopperProbe()) {
		t.Run(tr.name, func(t *testing.T) {
			t.Cleanup(d.Enter())
			tr.run(&bench{reporter: t, device: d, rng: rand.New(rand.NewPCG(11, 12))})
		})
	}
}
