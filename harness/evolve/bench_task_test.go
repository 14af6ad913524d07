package evolve

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// bowlTask is a task that takes no time: a bowl over a few of the GPT task's parameters.
type bowlTask struct{}

func (bowlTask) Space() mechanisms.Space {
	return mechanisms.Space{Name: "bowl", Params: []mechanisms.Param{
		{Name: "TOTAL_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 256, Max: 65536, Default: 8192},
		{Name: "EMBEDDING_LR", Kind: mechanisms.Float, Min: 0.01, Max: 2, Default: 0.6, Log: true},
		{Name: "MATRIX_LR", Kind: mechanisms.Float, Min: 0.005, Max: 0.2, Default: 0.04, Log: true},
		{Name: "SCALAR_LR", Kind: mechanisms.Float, Min: 0.05, Max: 2, Default: 0.5, Log: true},
		{Name: "WEIGHT_DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
		{Name: "WINDOW_PATTERN", Kind: mechanisms.Choice, Max: 2, Choices: []string{"SSSL", "SSLL", "LLLL"}},
	}}
}

func (b bowlTask) Check(p mechanisms.Point) error { return b.Space().Check(p) }

func (bowlTask) Content(p mechanisms.Point, seed uint64) string { return fmt.Sprint("bowl ", p, seed) }

func (bowlTask) Describe() string { return "a bowl over six hyperparameters; no model is trained" }

func (b bowlTask) Train(_ context.Context, p mechanisms.Point, _ uint64, _ func(task.Progress)) (task.Result, error) {
	value := 2.0
	for i, q := range b.Space().Params {
		d := q.Unit01(p[i]) - 0.3
		value += 0.3 * d * d
	}
	if p[2] > 0.15 {
		return task.Result{}, &task.Failure{Status: mechanisms.Diverged, Reason: "training loss is NaN after step 3"}
	}
	return task.Result{BPB: math.Round(value*1e6) / 1e6, Steps: 10, Tokens: 1000}, nil
}

// inProcess trains in the test's own process and counts what it trained.
type inProcess struct {
	task  task.Task
	mu    sync.Mutex
	count int
}

func (t *inProcess) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(task.Progress)) task.Outcome {
	t.mu.Lock()
	t.count++
	t.mu.Unlock()
	r, err := t.task.Train(ctx, p, seed, progress)
	if err != nil {
		return task.Failed(err, mechanisms.Crashed)
	}
	return task.Outcome{Status: mechanisms.Complete, Result: r}
}

// noMemo remembers nothing between runs.
type noMemo struct{}

func (noMemo) Lookup(string) (task.Outcome, bool, error) { return task.Outcome{}, false, nil }
func (noMemo) Add(task.Outcome) error                    { return nil }
