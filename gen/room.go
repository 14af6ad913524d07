package gen

import (
	"context"
	"sync"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/gen/wrap"
)

// A room is where sources on their way through the steps come together. What they ask of the toolchain and of runners is
// done when all of them wait for something: with one runner that carries many mechanisms, and few processes. How many are in
// a room changes what it costs, and nothing that is answered; a source by itself is alone in one.
type room struct {
	p     *Pipeline
	ctx   context.Context // of all that is done for the members together
	known *answers        // nil where nothing is remembered

	mu      sync.Mutex
	members int // that have not left
	waiting []waiter
}

// A waiter is a member that waits.
type waiter struct {
	own  []*request
	done chan struct{} // closed when all are answered
}

// A request is what a source waits for: a runner, or what one answers.
type request struct {
	pair   wrap.Pair // to be built, where there is no trial
	trial  *trial
	binary build.Binary
	result child.Result
	err    error
}

// build returns a runner that carries the pair.
func (r *room) build(pair wrap.Pair) (build.Binary, error) {
	q := &request{pair: pair}
	r.ask(q)
	return q.binary, q.err
}

// ask waits until a member's requests are answered.
func (r *room) ask(own ...*request) {
	done := make(chan struct{})
	r.mu.Lock()
	r.waiting = append(r.waiting, waiter{own, done})
	all := r.complete()
	r.mu.Unlock()
	r.perform(all)
	<-done
}

// leave is called by each member when it asks for nothing more.
func (r *room) leave() {
	r.mu.Lock()
	r.members--
	all := r.complete()
	r.mu.Unlock()
	go r.perform(all) // whoever leaves need not wait for the others
}

// complete takes what is asked if everybody who is left waits.
func (r *room) complete() []waiter {
	if len(r.waiting) < r.members {
		return nil
	}
	all := r.waiting
	r.waiting = nil
	return all
}

// perform answers requests.
func (r *room) perform(all []waiter) {
	var builds, tries []*request
	for _, w := range all {
		for _, q := range w.own {
			if q.trial == nil {
				builds = append(builds, q)
			} else {
				tries = append(tries, q)
			}
		}
	}
	if len(builds) > 0 {
		r.p.buildAll(r.ctx, builds)
	}
	if len(tries) > 0 {
		r.known.each(tries, func(unknown []*request) { r.p.tryAll(r.ctx, unknown) })
	}
	for _, w := range all {
		close(w.done)
	}
}

// answers remembers what runners answered: the same mechanism beside the same predecessor, asked the same. Nothing that is
// asked to be answered a second time is answered from here.
type answers struct {
	mu    sync.Mutex
	known map[string]child.Result // by trial.key
}

// each answers requests, asking for each once what is not known.
func (a *answers) each(all []*request, ask func([]*request)) {
	if a == nil {
		ask(all)
		return
	}
	first := map[string]*request{}
	var unknown []*request
	a.mu.Lock()
	for _, q := range all {
		key := q.trial.key()
		if res, ok := a.known[key]; ok {
			q.result = res
		} else if first[key] == nil {
			first[key] = q
			unknown = append(unknown, q)
		}
	}
	a.mu.Unlock()
	ask(unknown)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, q := range all {
		if one := first[q.trial.key()]; one != nil {
			q.result, q.err = one.result, one.err
			if one.err == nil {
				a.known[q.trial.key()] = one.result
			}
		}
	}
}
