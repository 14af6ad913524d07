package cpu

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

func small(t *testing.T) gpt.Model {
	h := kerneltest.Hyper(2, 8, 8, "SL")
	h.DeviceBatch, h.TotalBatch = 2, 2*12
	p, err := gpt.NewPlan(h, 12, 20)
	if err != nil {
		t.Fatal(err)
	}
	return gpt.NewModel(p, h, make([]int, 20))
}

func TestPoolRunsEveryTaskOnce(t *testing.T) {
	for _, size := range []int{1, 2, 7} {
		p := newPool(size)
		for _, count := range []int{0, 1, 3, 100} {
			ran, inUse := make([]atomic.Int32, count), make([]atomic.Int32, size)
			p.run(count, func(worker, i int) {
				if inUse[worker].Add(1) != 1 {
					t.Errorf("worker %d has two tasks at once", worker)
				}
				ran[i].Add(1)
				inUse[worker].Add(-1)
			})
			for i := range ran {
				if n := ran[i].Load(); n != 1 {
					t.Errorf("%d workers, %d tasks: task %d ran %d times, want once", size, count, i, n)
				}
			}
		}
	}
}

func TestMisuseIsAnError(t *testing.T) {
	b, m := New(arith.Plain, Config{Threads: 1}), small(t)
	d, err := b.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	want := func(what string, err error, says string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s gives error %v, want one that says %q", what, err, says)
		}
	}
	_, err = b.Open(m)
	want("a second machine", err, "still open")
	_, err = d.Update(gpt.StepScalars{Step: 1})
	want("an update without a micro-batch", err, "no micro-batch")
	want("a short micro-batch", d.Accumulate(make([]int32, 13)), "13 tokens, want 26")
	want("too many rows", d.Evaluate(make([]int32, 39), make([]float32, 36)), "want 1 to 2 rows of 13")
	want("too few losses", d.Evaluate(make([]int32, 26), make([]float32, 12)), "room for 12")
	want("a short weight", d.Write(0, make([]float32, 3)), "write wte: 3 numbers, want 320")
	want("a long weight", d.Read(2, make([]float32, 3)), "read resid: 3 numbers, want 2")
	want("a short gradient", d.ReadGradient(0, nil), "wte: 0 numbers, want 320")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if d, err = b.Open(m); err != nil {
		t.Errorf("opening after closing gives %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestMemoryIsWhatIsTaken(t *testing.T) {
	m := small(t)
	need, _ := New(arith.Plain, Config{Threads: 3}).Memory(m)
	b := New(arith.Plain, Config{Threads: 3, Limit: need})
	d, err := b.Open(m)
	if err != nil {
		t.Fatalf("opening with a limit of the %d bytes needed: %v", need, err)
	}
	if got := int64(len(b.slab)) * 4; got != need {
		t.Errorf("the machine takes %d bytes, Memory says %d", got, need)
	}
	d.Close()
	b = New(arith.Plain, Config{Threads: 3, Limit: need - 1})
	if _, err := b.Open(m); !errors.Is(err, gpt.ErrMemory) {
		t.Errorf("opening with a byte too few gives %v, want gpt.ErrMemory", err)
	}
}

func TestMemoryIsUsedAgain(t *testing.T) {
	b, m := New(arith.Plain, Config{Threads: 1}), small(t)
	var first *float32
	for range 2 {
		d, err := b.Open(m)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = &b.slab[0]
		} else if first != &b.slab[0] {
			t.Error("a second machine of the same shape has new memory")
		}
		d.Close()
	}
}
