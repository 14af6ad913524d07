//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/cu"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
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
			if l.Shared > 99<<10 {
				t.Errorf("HEAD_DIM %d: %s takes %d bytes of shared memory, want at most %d", HS, l.name, l.Shared, 99<<10)
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

// TestPool takes, releases and takes more than fits beside what the pool keeps, on an emulated device of 10 MiB with a pool and without.
func TestPool(t *testing.T) {
	for _, c := range []struct {
		pools string
		left  int64 // MiB that the driver has free when all is released
	}{{"1", 3}, {"0", 10}} {
		t.Run("pools "+c.pools, func(t *testing.T) {
			t.Setenv("BILEVEL_EMULATOR_POOLS", c.pools)
			t.Setenv("BILEVEL_EMULATOR_MEMORY", fmt.Sprint(10<<20))
			d, err := driver.Open(0)
			if err != nil {
				t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
			}
			defer d.Close()
			if d.Name != "emulated device" {
				t.Skipf("%s has the memory that it has", d.Name)
			}
			defer d.Enter()()
			if d.Pooled() != (c.pools == "1") {
				t.Fatalf("the device has a pool: %v", d.Pooled())
			}
			alloc := func(mib int64) driver.Pointer {
				p, err := d.Alloc(mib << 20)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			release := func(p driver.Pointer) {
				if err := d.Release(p); err != nil {
					t.Fatal(err)
				}
				if free, err := d.Free(); err != nil || free != 10<<20 {
					t.Errorf("%d bytes are free (error: %v) when all is released, want 10 MiB", free, err)
				}
			}
			release(alloc(6))
			p := alloc(7) // the piece of 6 has to go first
			if _, err := d.Alloc(4 << 20); err == nil || !strings.Contains(err.Error(), "allocate 4 MiB: CUDA_ERROR_OUT_OF_MEMORY (2)") {
				t.Errorf("4 MiB beside 7 of 10 give %v, want an error of memory", err)
			}
			release(p)
			if err := d.Wait(); err != nil {
				t.Fatal(err)
			}
			if free, _, err := cu.MemInfo(); err != nil || free != c.left<<20 {
				t.Errorf("the driver has %d bytes free (error: %v) when all is released, want %d MiB: the pool keeps the rest", free, err, c.left)
			}
		})
	}
}

// TestClusterThatDoesNotDivide asks for pairs of three blocks.
func TestClusterThatDoesNotDivide(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	if d.Name != "emulated device" {
		t.Skipf("%s may say it in other words", d.Name)
	}
	defer d.Enter()()
	s := d.script()
	launchShape(s, "add_column", driver.Shape{Grid: line(3), Threads: 256, Cluster: 2}, addColumnArguments{})
	err = s.program.Run()
	for _, want := range []string{"add_column on grid [3 1 1] in clusters of 2 blocks of 256 threads", "INVALID_CLUSTER_SIZE (912)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the launch gives %v, want %q", err, want)
		}
	}
	s.program.Free()
}
