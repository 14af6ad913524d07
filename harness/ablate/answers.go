package ablate

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// answers are what a model that is paid has answered in the runs on one unit, whichever arm asked. The same question at the
// same place of another arm's run gets the same answer: arms differ only once they ask, or do, something else. Runs on
// other units ask for themselves, so that units stay independent. Each run's record holds the answers that it was given,
// and from those records they are read again when an ablation goes on.
type answers struct {
	mu      sync.Mutex
	given   map[string]model.Reply
	waiting map[string]chan struct{} // closed when the run that asks has its answer, or its error
}

// answersOn returns the answers on a unit, those of an earlier process included.
func (e *engine) answersOn(u Unit) (*answers, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if a := e.answered[u]; a != nil {
		return a, nil
	}
	a := &answers{given: map[string]model.Reply{}, waiting: map[string]chan struct{}{}}
	for _, arm := range e.plan.Arms {
		chats, err := chatsIn(filepath.Join(e.dir, Runs, u.key(e.plan, arm.Name).folder()))
		if err != nil {
			return nil, err
		}
		for _, c := range chats {
			a.given[c.Key] = c.Reply
		}
	}
	e.answered[u] = a
	return a, nil
}

// chatsIn is what the run in a folder was answered, if there is one.
func chatsIn(dir string) ([]replay.Chat, error) {
	present, err := store.Exists(dir)
	if err != nil || !present {
		return nil, err
	}
	s, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close() // it was only read
	return s.Chats()
}

// from returns a model that gives the answers, and asks m for those that there are not. Runs that ask the same at the same
// time wait for the first of them.
func (a *answers) from(m model.Model) model.Model { return sharing{m, a} }

type sharing struct {
	model.Model
	answers *answers
}

func (s sharing) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	a, key := s.answers, r.Key()
	for {
		a.mu.Lock()
		reply, known := a.given[key]
		first, asked := a.waiting[key]
		if !known && !asked {
			first = make(chan struct{})
			a.waiting[key] = first
		}
		a.mu.Unlock()
		switch {
		case known:
			return reply, nil
		case !asked:
			return a.ask(ctx, s.Model, key, r, first)
		}
		select {
		case <-first: // with an answer, or another of those that wait asks
		case <-ctx.Done():
			return model.Reply{}, fmt.Errorf("wait for another run's answer: %w", context.Cause(ctx))
		}
	}
}

func (a *answers) ask(ctx context.Context, m model.Model, key string, r model.Request, first chan struct{}) (model.Reply, error) {
	reply, err := m.Chat(ctx, r)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.given[key] = reply
	}
	delete(a.waiting, key)
	close(first)
	return reply, err
}
