// Package task says what is searched: a space of points, and a way to train one of them.
package task

import (
	"context"
	"errors"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Task is what a run searches. Its methods are called from one goroutine at a time in one process; the trainer process
// has a Task of its own, made from the same Spec.
type Task interface {
	// Space is what may be searched. It never changes.
	Space() mechanisms.Space

	// Check returns an error that names the first constraint of the task that does not hold at p: those of the space, and
	// those that only the task can see. It is a *Failure with status OutOfMem where the plan needs more memory than there
	// is. Nothing is trained. It is called before every trial.
	Check(p mechanisms.Point) error

	// Content identifies the trial of p with this seed: equal strings mean bit-for-bit equal results. It is empty when
	// trials are not deterministic (a wall-clock budget), and then nothing is memoised.
	Content(p mechanisms.Point, seed uint64) string

	// Train trains p and measures it. Progress is called from the same goroutine. It stops soon after ctx is done.
	Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(Progress)) (Result, error)

	// Describe says in words what is searched, for the language model: model, text, budget, what the value means.
	Describe() string
}

// Progress is how far a trial is.
type Progress struct {
	Step         int64              `json:"step"`            // optimizer steps done
	Steps        int64              `json:"steps,omitempty"` // in all; 0 when the budget is wall-clock time
	Fraction     float64            `json:"fraction"`        // share of the budget spent, 0 to 1
	Tokens       int64              `json:"tokens"`          // trained on
	TrainBPB     float64            `json:"train_bpb"`       // bits per byte on recent training batches; 0 before the first
	TokensPerSec float64            `json:"tokens_per_sec"`  // of training, by the wall clock; display only
	Curve        *mechanisms.Sample `json:"curve,omitempty"` // a new point of the learning curve, nil mostly
}

// A Result is what a finished trial measured.
type Result struct {
	BPB     float64             `json:"bpb"` // validation bits per byte; lower is better
	Curve   []mechanisms.Sample `json:"curve,omitempty"`
	Steps   int64               `json:"steps"`   // of the optimizer
	Tokens  int64               `json:"tokens"`  // trained on
	FLOPs   float64             `json:"flops"`   // of training, by the model's formula
	Params  int64               `json:"params"`  // of the model
	Seconds float64             `json:"seconds"` // wall time of training; reports only
	Extra   map[string]string   `json:"extra,omitempty"`
}

// A Failure is an error of Check or Train that says which outcome it is. Any other error is Refused from Check and
// Crashed from Train.
type Failure struct {
	Status mechanisms.Status
	Reason string
}

func (f *Failure) Error() string { return string(f.Status) + ": " + f.Reason }

// An Outcome is what became of a trial.
type Outcome struct {
	Status  mechanisms.Status `json:"status"`
	Reason  string            `json:"reason,omitempty"`  // why it is not Complete
	Result  Result            `json:"result"`            // all zero unless it is Complete, but for the curve of one that was stopped
	Content string            `json:"content,omitempty"` // Task.Content of it; empty when it is not deterministic
}

// Failed is the outcome of a trial that ended in err: its own status where err is a *Failure, otherwise the given one.
func Failed(err error, otherwise mechanisms.Status) Outcome {
	if f, ok := errors.AsType[*Failure](err); ok {
		return Outcome{Status: f.Status, Reason: f.Reason}
	}
	return Outcome{Status: otherwise, Reason: err.Error()}
}

// Deterministic reports whether training the same content again would end in the same way, so that it need not be. A
// trial that a signal ended, that ran out of memory or of time, or that was pruned, depends on more than its content.
func (o Outcome) Deterministic() bool {
	switch o.Status {
	case mechanisms.Complete, mechanisms.Diverged, mechanisms.NotFinite:
		return o.Content != ""
	}
	return false
}
