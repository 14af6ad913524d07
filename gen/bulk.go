package gen

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/harness/model"
)

// A Bulk is level 2 of many runs that go on at a time. It holds each source up until others are there and passes them
// through the gates together: the same steps, with one runner and few processes for all. What a run is given does not depend
// on which others were there, but for Invention.Path, Binary, Build and the times of Steps, which tell of the runner that
// carries it; such a runner holds no dialogues.
//
// Nothing is done by the clock. A batch is closed when it is large enough, or when every run that has joined and not left
// waits in it.
type Bulk struct {
	p     *Pipeline
	ctx   context.Context // of the batches
	size  int
	known *answers

	warm    sync.Once
	mu      sync.Mutex
	joined  int
	queue   []*queued
	runners map[string]bool // folders of those that were built
}

// A queued source waits for its batch.
type queued struct {
	w        *work
	tell     func(Step)
	findings []vet.Finding
	err      error
	done     chan struct{} // closed when the batch is through with it
}

// Bulk makes a Bulk whose batches are of at most size sources. The context ends its work.
func (p *Pipeline) Bulk(ctx context.Context, size int) *Bulk {
	return &Bulk{p: p, ctx: ctx, size: size, known: &answers{known: map[string]child.Result{}}, runners: map[string]bool{}}
}

// Close removes the runners that were built: they are of no use to anybody else. No run may be going on.
func (b *Bulk) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for dir := range b.runners {
		_ = os.RemoveAll(dir) // a part of the cache; what stays is swept away later
	}
	b.runners = map[string]bool{}
}

// A Member is one run's part in a Bulk. Its methods are called from one goroutine.
type Member struct {
	b     *Bulk
	model model.Model
	left  bool
}

// Join is called by each run before it can ask for anything. The model is what it asks.
func (b *Bulk) Join(m model.Model) *Member {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.joined++
	return &Member{b: b, model: m}
}

// Leave is called when the run is over; until then the others wait for it. A second call does nothing.
func (m *Member) Leave() {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	if !m.left {
		m.left = true
		m.b.joined--
		m.b.close()
	}
}

// Invent is Pipeline.Invent with the member's model.
func (m *Member) Invent(ctx context.Context, o Occasion) (Invention, error) {
	return m.b.p.invent(ctx, m.model, o, m.b.pass)
}

// Placebo is Pipeline.Placebo.
func (m *Member) Placebo(ctx context.Context, o Occasion) (Invention, error) {
	return m.b.p.placebo(ctx, o, m.b.pass)
}

// pass waits until the source has been through the steps in a batch.
func (b *Bulk) pass(ctx context.Context, w *work, tell func(Step)) ([]vet.Finding, error) {
	w.origin = nil // the dialogue is in the run's record
	q := &queued{w: w, tell: tell, done: make(chan struct{})}
	b.mu.Lock()
	b.queue = append(b.queue, q)
	b.close()
	b.mu.Unlock()
	select {
	case <-q.done:
	case <-ctx.Done():
		if b.withdraw(q) {
			return nil, context.Cause(ctx)
		}
		<-q.done
	}
	return q.findings, q.err
}

// withdraw takes back a source whose batch is not closed yet.
func (b *Bulk) withdraw(q *queued) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.queue {
		if b.queue[i] == q {
			b.queue = append(b.queue[:i], b.queue[i+1:]...)
			return true
		}
	}
	return false
}

// close begins a batch if it is time. The caller holds mu.
func (b *Bulk) close() {
	if len(b.queue) > 0 && (len(b.queue) >= b.size || len(b.queue) >= b.joined) {
		go b.through(b.queue)
		b.queue = nil
	}
}

// through passes a batch through the steps.
func (b *Bulk) through(batch []*queued) {
	// What goes wrong here goes wrong again, and is reported, when a source needs it.
	b.warm.Do(func() { _ = b.p.Prewarm(b.ctx) })
	r := &room{p: b.p, ctx: b.ctx, known: b.known, members: len(batch)}
	for _, q := range batch {
		go func() {
			q.w.room = r
			q.findings, q.err = q.w.through(b.ctx, "", q.tell)
			r.leave()
			if path := q.w.binary.Path; path != "" {
				b.mu.Lock()
				b.runners[filepath.Dir(path)] = true
				b.mu.Unlock()
			}
			close(q.done)
		}()
	}
}
