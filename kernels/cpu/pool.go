package cpu

import (
	"sync"
	"sync/atomic"
)

// pool runs the tasks of a phase on its workers. Goroutines live for one phase, so an idle backend holds none; starting
// them allocates nothing because their functions are made once.
type pool struct {
	starts []func() // one per worker beyond the caller's
	size   int
	next   atomic.Int64
	count  int
	task   func(worker, i int)
	wait   sync.WaitGroup
}

func newPool(size int) *pool {
	p := &pool{size: size}
	for i := 1; i < size; i++ {
		p.starts = append(p.starts, func() {
			p.work(i)
			p.wait.Done()
		})
	}
	return p
}

// run calls task for every i in [0, count), each on one of the workers, and returns when all are done. Which worker takes
// which task is left to chance: a task's result must not depend on it.
func (p *pool) run(count int, task func(worker, i int)) {
	p.next.Store(0)
	p.count, p.task = count, task
	starts := p.starts[:min(len(p.starts), max(count-1, 0))]
	p.wait.Add(len(starts))
	for _, start := range starts {
		go start()
	}
	p.work(0)
	p.wait.Wait()
}

func (p *pool) work(worker int) {
	for {
		i := int(p.next.Add(1)) - 1
		if i >= p.count {
			return
		}
		p.task(worker, i)
	}
}
