package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/supervise"
)

// pipelines is level 2 of runs that train: each builds what it needs, as a run of bilevel evolve does.
type pipelines struct {
	cache  string
	within []string // contains the runners that are tried
}

// Join implements ablate.Level2.
func (l *pipelines) Join(ctx context.Context, what ablate.Invents, m model.Model) (evolve.Inventor, func(), error) {
	p, err := l.pipeline(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	if what == ablate.InventsPlacebo {
		return placebo{p}, func() {}, nil
	}
	return level2{p}, func() {}, nil
}

func (l *pipelines) pipeline(ctx context.Context, m model.Model) (*gen.Pipeline, error) {
	p, err := gen.New(ctx, gen.Options{Model: m, Build: build.Options{Cache: l.cache, Parts: parts()}, Within: l.within, Limit: trialCPU})
	if err != nil {
		return nil, fmt.Errorf("level 2: %w; or leave out the arms that have it", err)
	}
	return p, nil
}

// A bulk is level 2 of runs on formulas, hundreds of which go on at a time: their sources pass the gates together, and one
// runner carries many mechanisms.
type bulk struct {
	ctx       context.Context // of the command: that of a run that asks first may end before others ask
	pipelines *pipelines
	within    []string // contains a runner in a run
	size      int      // of a batch, at most

	once sync.Once
	err  error
	all  *gen.Bulk

	mu    sync.Mutex
	paths map[string]string // of runners, by their hash
}

// batchSize bounds the mechanisms that one runner carries.
const batchSize = 256

func newBulk(ctx context.Context, l *pipelines, within []string) *bulk {
	return &bulk{ctx: ctx, pipelines: l, within: within, size: batchSize, paths: map[string]string{}}
}

// Join implements ablate.Level2. The toolchain is looked for when the first run needs it.
func (b *bulk) Join(_ context.Context, what ablate.Invents, m model.Model) (evolve.Inventor, func(), error) {
	b.once.Do(func() {
		var p *gen.Pipeline
		if p, b.err = b.pipelines.pipeline(b.ctx, m); b.err == nil {
			b.all = p.Bulk(b.ctx, b.size)
		}
	})
	if b.err != nil {
		return nil, nil, b.err
	}
	member := b.all.Join(m)
	ask := member.Invent
	if what == ablate.InventsPlacebo {
		ask = member.Placebo
	}
	return inBulk{b, ask}, member.Leave, nil
}

// inBulk is one run's part in a bulk.
type inBulk struct {
	b   *bulk
	ask func(context.Context, gen.Occasion) (gen.Invention, error)
}

// Invent implements evolve.Inventor.
func (i inBulk) Invent(ctx context.Context, o evolve.Occasion) (evolve.Invention, error) {
	inv, err := invention(ctx, i.ask, o)
	if err == nil && inv.Outcome == evolve.Ready {
		i.b.mu.Lock()
		i.b.paths[inv.Binary] = inv.Path
		i.b.mu.Unlock()
	}
	return inv, err
}

// start starts the runner of a mechanism that was made.
func (b *bulk) start(i evolve.Image) (evolve.Runner, error) {
	b.mu.Lock()
	path, ok := b.paths[i.Binary]
	b.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("mechanism %s: no runner with sha256 %.12s was built here", i.Name, i.Binary)
	}
	return supervise.Start(supervise.Command{Path: path, Args: []string{"serve", i.Name, i.Shadow}, Within: b.within})
}

// close removes the runners.
func (b *bulk) close() {
	if b.all != nil {
		b.all.Close()
	}
}
