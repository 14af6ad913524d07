//go:build cuda && linux && amd64

package cuda

import (
	"math/rand/v2"
	"testing"
)

// TestKernels runs every operation's trials, which GPU checks run too.
func TestKernels(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	for _, o := range operations {
		t.Run(o.name, func(t *testing.T) {
			for _, tr := range o.trials() {
				t.Run(tr.name, func(t *testing.T) {
					t.Cleanup(d.Enter())
					tr.run(&bench{reporter: t, device: d, rng: rand.New(rand.NewPCG(11, 12))})
				})
			}
		})
	}
}

// TestHopper runs the trials of the kernels for compute capability 9.0.
func TestHopper(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	if !d.hasHopper() {
		t.Skipf("%s has no instructions of compute capability 9.0", d.Name)
	}
	for _, tr := range trialsHopper() {
		t.Run(tr.name, func(t *testing.T) {
			t.Cleanup(d.Enter())
			tr.run(&bench{reporter: t, device: d, rng: rand.New(rand.NewPCG(11, 12))})
		})
	}
}
