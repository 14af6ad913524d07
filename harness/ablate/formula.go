package ablate

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/supervise"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A formula is a task of which everything is known, so that a run on it needs no process, no file and no training.
type formula struct {
	task.Task
	surface *surfaces.Surface
	space   mechanisms.Space
	hash    string // of the space
}

func openFormula(ctx context.Context, s task.Spec) (*formula, error) {
	t, err := task.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(surfaces.Families, func(f surfaces.Family) bool { return f.Name == s.Surface })
	if i < 0 {
		return nil, fmt.Errorf("there is no surface %q", s.Surface)
	}
	return &formula{t, surfaces.Families[i].New(s.SurfaceSeed), t.Space(), t.Space().Hash()}, nil
}

// fresh is the mean of n new measurements of a point: its value with noise that no trial had.
func (f *formula) fresh(p mechanisms.Point, n int) float64 {
	sum := 0.0
	for k := range n {
		noise := mechanisms.Stream(uint64(firstFresh+k), 0, fmt.Sprintf("measured again %v", []float64(p)))
		sum += f.surface.Value(p) + f.surface.Noise*noise.NormFloat64()
	}
	return sum / float64(n)
}

// firstFresh is the first of the seeds that nothing but measuring again uses.
const firstFresh = 1_000_001

// trains makes trainers of a formula, in the goroutine that asks.
type trains struct{ formula *formula }

// Train implements evolve.Trainers.
func (f trains) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome {
	r, err := f.formula.Train(ctx, p, seed, progress)
	if err != nil {
		return task.Failed(err, mechanisms.Crashed)
	}
	return task.Outcome{Status: mechanisms.Complete, Result: r}
}

// forgetful is a memo of trials that cost less than to remember them.
type forgetful struct{}

func (forgetful) Lookup(string) (task.Outcome, bool, error) { return task.Outcome{}, false, nil }
func (forgetful) Add(task.Outcome) error                    { return nil }

// onFormula makes a run in memory. It is the run that bilevel evolve makes of the same settings on the same surface, in
// every decision.
func (e *engine) onFormula(ctx context.Context, j job, meta store.Meta, m model.Model, f *formula) (done finished, err error) {
	meta.Space, meta.SpaceHash = f.space, f.hash
	if meta.Lessons, err = e.recall(j.arm, j.unit, meta, false); err != nil {
		return done, err
	}
	st, err := store.InMemory(meta)
	if err != nil {
		return done, err
	}
	defer st.Close()
	asked := false
	r := &evolve.Run{
		Settings: j.arm.Procedure.Settings, Store: st, Task: f, Trainers: trains{f}, Memo: forgetful{}, Model: listen(m, &asked), Limits: evolve.DefaultLimits,
		Base: func(string) supervise.Command { return supervise.Command{} }, Start: e.start, Inline: true,
	}
	if what := j.arm.Procedure.Invents; what != InventsNothing {
		inventor, left, err := e.parts.Level2.Join(ctx, what, m)
		if err != nil {
			return done, err
		}
		defer left()
		r.Inventor = inventor
	}
	if err := e.beginWith(j.arm.Procedure, r); err != nil {
		return done, err
	}
	if err := r.Go(ctx); err != nil {
		return broken(j.key, err)
	}
	done, err = harvest(st, j.key, f.surface.Value)
	if err != nil {
		return done, err
	}
	view := st.Whole()
	done.Fresh, done.Default = f.fresh(view.Trials[done.Final].Point, e.plan.Setting.Fresh), f.fresh(view.Trials[0].Point, e.plan.Setting.Fresh)
	done.Unasked = !asked && j.arm.Procedure.Invents == InventsNothing
	if e.plan.Makes {
		done.Made = madeIn(st)
	}
	return done, done.learn(j.arm, st)
}

// start starts a runner: of a mechanism by hand in this process, of any other as the parts say.
func (e *engine) start(i evolve.Image) (evolve.Runner, error) {
	if i.Hash != "" {
		return e.parts.Start(i)
	}
	current, err := findEntry(i.Name)
	if err != nil {
		return nil, err
	}
	shadow := mechanisms.Entry{}
	if i.Shadow != "" {
		if shadow, err = findEntry(i.Shadow); err != nil {
			return nil, err
		}
	}
	return evolve.Inside(current, shadow), nil
}
