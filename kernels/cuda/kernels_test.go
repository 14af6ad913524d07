//go:build cuda && linux && amd64

package cuda

import (
	flags "flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestKernels runs all that a check of a GPU runs: single instructions, every operation's trials, and those of the kernels for compute capability
// 9.0. No kernel may be left out.
func TestKernels(t *testing.T) {
	d, err := openFor(0, func(string) bool { return true })
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	held := map[string]bool{}
	d.heard = func(l launched) { held[l.name] = true }
	trials := func(name string, all []trial) {
		t.Run(name, func(t *testing.T) {
			for _, tr := range all {
				t.Run(tr.name, func(t *testing.T) {
					t.Cleanup(d.Enter())
					tr.run(&bench{reporter: t, device: d, rng: rand.New(rand.NewPCG(11, 12))})
				})
			}
		})
	}
	trials("probes", trialsProbe())
	for _, o := range operations {
		trials(o.name, o.trials())
	}
	if d.hasHopper() {
		trials("probes of 9.0", trialsHopperProbe())
		trials("9.0", trialsHopper())
	}
	if strings.Contains(flags.Lookup("test.run").Value.String(), "/") || t.Failed() {
		return // not all were asked for
	}
	var left []string
	for name := range d.kernels {
		if !held[name] {
			left = append(left, name)
		}
	}
	if slices.Sort(left); len(left) > 0 {
		t.Errorf("no trial runs %s: add a shape that does", strings.Join(left, ", "))
	}
}
