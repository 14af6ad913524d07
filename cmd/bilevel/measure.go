package main

import (
	"cmp"
	"context"
	"math"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/train"
	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A probe is a point that is trained with several seeds: in a sweep a parameter at a value, or the default point (param -1).
type probe struct {
	param int
	value float64
	point mechanisms.Point
	bpb   []float64 // by seed; NaN for a trial without a value
	fault string    // why one has none
}

// measure trains every probe with as many seeds as --seeds says, from the first on, or finds that it was trained before.
func measure(ctx context.Context, c *cli.Context, t task.Task, spec task.Spec, probes []*probe, first uint64) error {
	x, err := self()
	if err != nil {
		return err
	}
	cache, err := data.CacheDir()
	if err != nil {
		return err
	}
	memo, err := store.OpenMemo(cache)
	if err != nil {
		return err
	}
	defer memo.Close()
	pool, err := x.trainers(task.Prepared(t, spec), c.Int("parallel"), 0)
	if err != nil {
		return err
	}
	defer pool.Close()
	var wg sync.WaitGroup
	var mu sync.Mutex
	line, done := newOverwritten(c.App.ErrWriter), 0
	defer line.end()
	var failed error
	for _, p := range probes {
		p.bpb = make([]float64, c.Int("seeds"))
		for s := range p.bpb {
			wg.Go(func() {
				o, err := once(ctx, t, memo, pool, &mu, p.point, first+uint64(s))
				mu.Lock()
				defer mu.Unlock()
				failed = cmp.Or(failed, err)
				p.bpb[s] = math.NaN()
				if o.Status == mechanisms.Complete {
					p.bpb[s] = o.Result.BPB
				} else {
					p.fault = string(o.Status)
				}
				done++
				line.say("%d of %d trials", done, len(probes)*len(p.bpb))
			})
		}
	}
	wg.Wait()
	return failed
}

func once(ctx context.Context, t task.Task, memo *store.Memo, pool *train.Pool, mu *sync.Mutex, p mechanisms.Point, seed uint64) (task.Outcome, error) {
	mu.Lock()
	content := t.Content(p, seed)
	o, known, err := memo.Lookup(content)
	mu.Unlock()
	if known || err != nil {
		return o, err
	}
	o = pool.Train(ctx, p, seed, func(task.Progress) {})
	o.Content = content
	if ctx.Err() != nil {
		return o, nil
	}
	return o, memo.Add(o)
}
