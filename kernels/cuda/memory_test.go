//go:build cuda && linux && amd64

package cuda

import (
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

func TestMemory(t *testing.T) {
	opened, err := New(Config{})
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	b := opened.(*Backend)
	defer b.Close()
	m := stepModel(t, kerneltest.Hyper(2, 32, 32, "SL"), 48, 130)
	need, limit := b.Memory(m)
	if need <= 0 || limit < need {
		t.Fatalf("a tiny model needs %d bytes of %d", need, limit)
	}
	b.config.Limit = need - 1
	if _, err := b.Open(m); err == nil || !strings.Contains(err.Error(), gpt.ErrMemory.Error()) {
		t.Errorf("opening a model of %d bytes with a limit of one less gives %v, want an error of memory", need, err)
	}
	b.config.Limit = need
	d, err := b.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(m); err == nil {
		t.Error("a second machine opens beside the first")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	h := kerneltest.Hyper(1, 70, 70, "L")
	h.DeviceBatch, h.TotalBatch = 1, 8
	p, err := gpt.NewPlan(h, 8, 20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(gpt.NewModel(p, h, make([]int, 20))); err == nil || !strings.Contains(err.Error(), "HEAD_DIM is 70") {
		t.Errorf("a head of 70 channels gives %v, want an error that names HEAD_DIM", err)
	}
}

// TestSharedMemory holds attention of every head size, by the kernels for compute capability 8.0 and newer, to the 99 KiB that a block has on
// 8.6 and 8.9, the least of all.
func TestSharedMemory(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	defer d.Enter()()
	for _, HS := range []int{2, 16, 34, 64, 96, 128, 256} {
		s, heard := d.script(), 0
		s.heard = func(l launched) {
			heard++
			if l.bytes > 99<<10 {
				t.Errorf("HEAD_DIM %d: %s takes %d bytes of shared memory, want at most %d", HS, l.name, l.bytes, 99<<10)
			}
		}
		a := array{at: 1 << 20, rows: 64, cols: HS, stride: HS}
		x, n := side{a, a, a}, heads{NH: 1, HS: HS}
		s.attention(x, a, a, 64, 64, n)
		s.attentionBackward(x, x, a, a, a, a, 64, 64, n)
		if heard != 4 || s.err != nil {
			t.Errorf("HEAD_DIM %d: %d launches (error: %v), want 4", HS, heard, s.err)
		}
		s.program.Free()
	}
}
