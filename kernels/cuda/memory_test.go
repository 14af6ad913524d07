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
