package ablate

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Runs is the folder of an ablation's folder that holds the folders of runs that train, or that ask a model which is paid.
// Each is an ordinary run: bilevel show, report and evolve know it.
const Runs = "runs"

// A Real is what runs need that train in processes, or that must not ask their model twice.
type Real struct {
	Open     func(ctx context.Context, s task.Spec) (task.Task, error)
	Pool     func(s task.Spec, parallel int) (Pool, error)
	Parallel int         // trials in training at a time, of all runs together
	Memo     evolve.Memo // safe for concurrent use
	Base     func(mechanism string) supervise.Command
	Within   func(s *store.Store) ([]string, error) // what contains a run's runners
	Level2   Level2                                 // makes binaries that a runner execs
}

// tasks are the real tasks that runs are being made on.
type tasks struct {
	mu    sync.Mutex
	open  map[string]*opened
	users map[string]int
	slots chan struct{}
}

// use opens a task, or finds it open. Left ends its trainers when nobody else uses it.
func (e *engine) use(ctx context.Context, t PlannedTask) (o *opened, left func(), err error) {
	e.real.mu.Lock()
	defer e.real.mu.Unlock()
	if e.real.open[t.Name] == nil {
		if e.real.open[t.Name], err = e.openReal(ctx, t); err != nil {
			return nil, nil, fmt.Errorf("task %s: %w", t.Name, err)
		}
	}
	e.real.users[t.Name]++
	return e.real.open[t.Name], func() {
		e.real.mu.Lock()
		defer e.real.mu.Unlock()
		if e.real.users[t.Name]--; e.real.users[t.Name] == 0 {
			e.real.open[t.Name].pool.Close()
			delete(e.real.open, t.Name)
		}
	}, nil
}

func (e *engine) openReal(ctx context.Context, t PlannedTask) (*opened, error) {
	opens, err := e.parts.Real.Open(ctx, t.Spec)
	if err != nil {
		return nil, err
	}
	pool, err := e.parts.Real.Pool(task.Prepared(opens, t.Spec), e.parts.Real.Parallel)
	if err != nil {
		return nil, err
	}
	return &opened{locked: locked{opens, &sync.Mutex{}}, pool: pool, slots: e.real.slots, flights: map[string]*flight{}}, nil
}

// onReal makes a run that trains, in a folder of its own, or goes on with it.
func (e *engine) onReal(ctx context.Context, j job, meta store.Meta, m model.Model) (finished, error) {
	t := e.plan.Tasks[j.unit.Task]
	o, left, err := e.use(ctx, t)
	if err != nil {
		return finished{}, err
	}
	defer left()
	if !e.plan.Setting.Simulated {
		shared, err := e.answersOn(j.unit)
		if err != nil {
			return finished{}, err
		}
		m = shared.from(m)
	}
	st, err := e.openRun(j, meta, o)
	if err != nil {
		return finished{}, err
	}
	defer st.Close()
	r, done, err := e.runOf(ctx, j.arm, o, st, m)
	if err != nil {
		return finished{}, err
	}
	defer done()
	r.Tell = func(x evolve.Event) { e.progress.sees(j.key, x) }
	if err := e.beginWith(j.arm.Procedure, r); err != nil {
		return finished{}, err
	}
	if err := r.Go(ctx); err != nil {
		return broken(j.key, err)
	}
	f, err := harvest(st, j.key, e.worth(t))
	if err != nil {
		return f, err
	}
	if !e.plan.Setting.Simulated {
		if err := f.takeAnswers(st); err != nil {
			return f, err
		}
	}
	if err := e.measure(ctx, &f, o, st); err != nil {
		return f, fmt.Errorf("arm %s on %s, seed %d: measure again: %w", j.key.Arm, j.key.Task, j.key.Seed, err)
	}
	if e.plan.Makes {
		f.Made = madeIn(st)
	}
	return f, f.learn(j.arm, st)
}

// openRun opens the record of a run, or makes it.
func (e *engine) openRun(j job, meta store.Meta, o *opened) (*store.Store, error) {
	dir := filepath.Join(e.dir, Runs, j.key.folder())
	present, err := store.Exists(dir)
	if err != nil {
		return nil, err
	}
	meta.Task = task.Prepared(o.Task, meta.Task)
	if present {
		st, err := store.Open(dir)
		if err == nil && !st.Meta().Task.Same(meta.Task) {
			st.Close()
			err = fmt.Errorf("run %s was made for the task %s, but the plan's is now %s: its text or program has changed; bring the old one back", dir, st.Meta().Task, meta.Task)
		}
		return st, err
	}
	meta.Space, meta.SpaceHash, meta.Noise = o.Space(), o.Space().Hash(), task.Noise(o.Task)
	clock := o.Content(meta.Space.Default(), meta.Seed) == ""
	if meta.Lessons, err = e.recall(j.arm, j.unit, meta, clock); err != nil {
		return nil, err
	}
	if meta.Settings, err = json.Marshal(struct {
		evolve.Settings
		Profile string `json:"profile,omitempty"`
	}{j.arm.Procedure.Settings, j.key.Profile}); err != nil {
		return nil, err
	}
	return store.Create(dir, meta)
}

// folder names a run's folder.
func (k runKey) folder() string {
	name := fmt.Sprintf("%s-%d-%s", k.Task, k.Seed, k.Arm)
	if k.Profile != "" {
		name += "-" + k.Profile
	}
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r <= ' ' {
			return '_'
		}
		return r
	}, name)
}

// runOf puts the parts of a run together.
func (e *engine) runOf(ctx context.Context, a PlannedArm, o *opened, st *store.Store, m model.Model) (r *evolve.Run, done func(), err error) {
	real := e.parts.Real
	r = &evolve.Run{
		Settings: a.Procedure.Settings, Store: st, Task: o.locked, Trainers: o, Memo: real.Memo, Model: model.Recorded(m, st),
		Paid: !e.plan.Setting.Simulated, Base: real.Base, Limits: evolve.DefaultLimits,
	}
	if r.Within, err = real.Within(st); err != nil {
		return nil, nil, err
	}
	done = func() {}
	if a.Procedure.Invents != InventsNothing {
		r.Inventor, done, err = real.Level2.Join(ctx, a.Procedure.Invents, r.Model)
	}
	return r, done, err
}

// measure measures the final incumbent and the default again, with seeds that no run has.
func (e *engine) measure(ctx context.Context, f *finished, o *opened, st *store.Store) error {
	trials, n := st.Whole().Trials, e.plan.Setting.Fresh
	before, err := o.again(ctx, e.parts.Real.Memo, trials[0].Point, n, nil)
	if err != nil {
		return err
	}
	after, err := o.again(ctx, e.parts.Real.Memo, trials[f.Final].Point, n, before)
	if err != nil {
		return err
	}
	f.Default, f.Fresh = stats.Mean(before), stats.Mean(after)
	return nil
}

// worth is the value without noise of the points of a formula; nil for a task that is trained.
func (e *engine) worth(t PlannedTask) func(mechanisms.Point) float64 {
	for i := range e.plan.Tasks {
		if f := e.formulas[i]; f != nil && e.plan.Tasks[i].Name == t.Name {
			return f.surface.Value
		}
	}
	return nil
}
