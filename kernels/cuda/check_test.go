//go:build cuda && linux && amd64

package cuda

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestStepsMeasured runs the measuring part of Check at a size for the emulator. What it says there about speed means nothing; that
// it runs means that a day with a GPU can begin with it.
func TestStepsMeasured(t *testing.T) {
	opened, err := New(Config{})
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	b := opened.(*Backend)
	defer b.Close()
	h := kerneltest.Hyper(2, 16, 16, "SL")
	h.DeviceBatch, h.TotalBatch = 2, 2*64
	var out bytes.Buffer
	for _, set := range []string{SM80, SM90a} {
		c := &checker{out: &out, backend: b, set: set, seed: 1}
		if set == SM90a {
			if b.dev, err = b.dev.withHopper(); err != nil {
				t.Fatal(err)
			}
		}
		c.measure(extent{hyper: h, T: 32, V: 40, repeat: time.Microsecond})
		printTable(&out, c.rows)
		if c.failed != 0 {
			t.Errorf("%d of %d measurements failed", c.failed, c.done)
		}
	}
	for _, want := range []string{"product NT 64x128x32", "attention backward, window 16", "AdamW of the head", "sm_90a training step, 2 sequences", "sm_90a start of a trial", "sm_90a product"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

// TestCheckerCountsFailures plants a wrong and a broken check.
func TestCheckerCountsFailures(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	var out bytes.Buffer
	c := &checker{out: &out, backend: &Backend{dev: d}}
	if _, held := c.run("right", func(b *bench) { b.near("x", b.floats(1, 3, constant(2)), []float64{2, 2, 2}, single, 0) }); !held {
		t.Error("a check that holds is reported as failed")
	}
	c.run("wrong", func(b *bench) { b.near("x", b.floats(1, 3, constant(2)), []float64{2, 2, 3}, single, 0) })
	c.run("broken", func(b *bench) { b.Fatalf("%v", gpt.ErrMemory) })
	if c.done != 3 || c.failed != 2 || !strings.Contains(out.String(), "FAIL wrong: x: number 2 of 3 is 2, want 3") {
		t.Errorf("%d of %d checks failed, want 2 of 3; the report is:\n%s", c.failed, c.done, out.String())
	}
}
