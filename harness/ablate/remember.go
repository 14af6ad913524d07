package ablate

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/memory"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A learnt run is what is kept of a run for later ones to learn from: memory.Run as data.
type learnt struct {
	Scope  memory.Scope       `json:"scope"`
	Space  mechanisms.Space   `json:"space"`
	Trials []mechanisms.Trial `json:"trials"`
	Same   []string           `json:"same"` // by Seq
	Noise  float64            `json:"noise"`
}

// learn keeps what later runs of an arm that remembers learn from.
func (f *finished) learn(a PlannedArm, s *store.Store) error {
	if !a.Procedure.Remembers {
		return nil
	}
	r, err := memory.Of(s)
	if err != nil {
		return err
	}
	f.Learnt = &learnt{Scope: r.Scope, Space: r.Space, Trials: r.Trials, Noise: r.Noise}
	f.Learnt.Scope.Hardware = "" // trials by the clock are no other on another machine than the ablation's own
	for _, t := range r.Trials {
		f.Learnt.Same = append(f.Learnt.Same, r.Same(t.Seq))
	}
	return nil
}

// memories are those of arms that remember: one for each arm, profile and seed, so that the runs of one seed know nothing of
// those of another. They are made anew of the record by every process: one that was left behind may have learnt from a run
// that is not recorded.
type memories struct {
	mu  sync.Mutex
	dir string
	of  map[string]*remembered
}

// remembered is a memory, used by one run at a time, with the runs that it has learnt from.
type remembered struct {
	*memory.Memory
	from map[runKey]bool
}

func (m *memories) find(name string) (*remembered, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of[name] != nil {
		return m.of[name], nil
	}
	if m.dir == "" {
		dir, err := os.MkdirTemp("", "bilevel-ablate-")
		if err != nil {
			return nil, err
		}
		m.dir, m.of = dir, map[string]*remembered{}
	}
	opened, err := memory.Open(filepath.Join(m.dir, fmt.Sprint(len(m.of)), memory.File))
	if err == nil {
		m.of[name] = &remembered{opened, map[runKey]bool{}}
	}
	return m.of[name], err
}

func (m *memories) close() {
	for _, opened := range m.of {
		opened.Close() // it is a cache, and is removed
	}
	if m.dir != "" {
		os.RemoveAll(m.dir)
	}
}

// recall is what a run of an arm that remembers is told: what its runs with the same seed on the tasks before this one teach.
func (e *engine) recall(a PlannedArm, u Unit, meta store.Meta, clock bool) ([]mechanisms.Lesson, error) {
	if !a.Procedure.Remembers {
		return nil, nil
	}
	m, err := e.memories.find(fmt.Sprint(a.Name, u.Profile, u.Seed))
	if err != nil {
		return nil, err
	}
	for _, t := range e.plan.Tasks[:u.Task] {
		key := runKey{u.Profile, t.Name, u.Seed, a.Name}
		e.mu.Lock()
		f := e.done[key]
		e.mu.Unlock()
		if f == nil || f.Learnt == nil || m.from[key] {
			continue
		}
		m.from[key] = true
		l := f.Learnt
		same := func(seq int) string { return l.Same[seq] }
		if _, err := m.Learn(memory.Run{
			ID: key.folder(), Scope: l.Scope, Space: l.Space, Trials: l.Trials, Same: same, Noise: l.Noise,
			Seed: u.Seed, Model: meta.Model, Mechanism: meta.Mechanism, Dir: key.folder(),
		}); err != nil {
			return nil, err
		}
	}
	scope := memory.ScopeOf(meta, clock)
	scope.Hardware = ""
	told, err := m.Recall(scope, meta.Space)
	return memory.Told(told), err
}
