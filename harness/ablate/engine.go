package ablate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// Parts are what an ablation needs of whoever starts it.
type Parts struct {
	Models func(profile string) (model.Model, error) // what the runs of a profile ask
	Level2 Level2                                    // nil where no arm has level 2
	// Start starts the runner of a mechanism that level 2 made in a run on a formula.
	Start func(evolve.Image) (evolve.Runner, error)
	Real  Real // for runs that train; the zero Real where no task is real and the model is simulated
	// Carry builds a contained runner of a made mechanism; nil where no arm has a source.
	Carry   func(ctx context.Context, name, source string) (Carried, error)
	Workers int            // runs at a time, but for those that may wait for level 2; 0 is one for each core
	Tell    func(Progress) // called from several goroutines; nil for nobody
}

// Make makes all runs of the plan that the record in dir does not hold, and returns what there is to tell when they are
// finished. Interrupted, it returns an error that wraps evolve.ErrStopped, and the same call goes on where it was. The
// result does not depend on Workers, nor on how often it was interrupted.
func Make(ctx context.Context, dir string, p Plan, parts Parts) (Result, error) {
	if err := p.Check(); err != nil {
		return Result{}, fmt.Errorf("ablation %s: %w", dir, err)
	}
	rec, err := createRecord(dir, p)
	if err != nil {
		return Result{}, err
	}
	defer rec.close() // what was recorded is on the disk
	e := &engine{dir: dir, plan: p, parts: parts, rec: rec, formulas: make([]*formula, len(p.Tasks)), answered: map[Unit]*answers{}}
	e.real = tasks{open: map[string]*opened{}, users: map[string]int{}, slots: make(chan struct{}, max(1, parts.Real.Parallel))}
	defer e.memories.close()
	if e.done, err = rec.all(); err != nil {
		return Result{}, err
	}
	if e.parts.Workers < 1 {
		e.parts.Workers = runtime.GOMAXPROCS(0)
	}
	if err := e.open(ctx); err != nil {
		return Result{}, err
	}
	if err := e.carry(ctx); err != nil {
		return Result{}, err
	}
	if err := e.run(ctx); err != nil {
		return Result{}, err
	}
	return assemble(p, e.done)
}

// An engine makes the runs of one ablation.
type engine struct {
	dir      string
	plan     Plan
	parts    Parts
	rec      *record
	formulas []*formula // of the plan's tasks; nil for a real one
	real     tasks
	memories memories
	models   map[string]model.Model
	carried  map[string]Carried // mechanisms whose source stands in the plan, by name

	mu       sync.Mutex
	done     map[runKey]*finished
	answered map[Unit]*answers // of a model that is paid
	progress *meter
}

// open opens the formulas and models.
func (e *engine) open(ctx context.Context) (err error) {
	for i, t := range e.plan.Tasks {
		if t.Real {
			continue
		}
		if e.formulas[i], err = openFormula(ctx, t.Spec); err != nil {
			return fmt.Errorf("task %s: %w", t.Name, err)
		}
	}
	e.models = map[string]model.Model{}
	for _, profile := range e.plan.Profiles {
		if e.models[profile], err = e.parts.Models(profile); err != nil {
			return err
		}
	}
	return nil
}

// make makes one run.
func (e *engine) make(ctx context.Context, key runKey, a PlannedArm, u Unit) (finished, error) {
	m, t := e.models[u.Profile], e.plan.Tasks[u.Task]
	meta := store.Meta{
		Seed: key.Seed, Task: t.Spec, Mechanism: a.Procedure.Mechanism, Parallel: a.Procedure.Parallel, Trials: e.plan.Setting.Trials,
		Model: m.Name(), Simulated: e.plan.Setting.Simulated, Program: e.plan.Setting.Program,
	}
	if e.inMemory(u) {
		return e.onFormula(ctx, job{key, a, u}, meta, m, e.formulas[u.Task])
	}
	return e.onReal(ctx, job{key, a, u}, meta, m)
}

// inMemory reports whether the runs on a unit train nothing and ask nobody who is paid.
func (e *engine) inMemory(u Unit) bool { return e.formulas[u.Task] != nil && e.plan.Setting.Simulated }

// broken is a run that ended without a result because a mechanism by hand failed; any other error ends the ablation.
func broken(key runKey, err error) (finished, error) {
	if errors.Is(err, evolve.ErrMechanism) {
		return finished{runKey: key, Error: err.Error()}, nil
	}
	return finished{}, fmt.Errorf("arm %s on %s, seed %d: %w", key.Arm, key.Task, key.Seed, err)
}
