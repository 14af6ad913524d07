package gpt

import (
	"context"
	"fmt"
	"math"
	"time"
)

// A Trial is one training run to be made.
type Trial struct {
	Hyper  Hyper
	Data   Data
	Budget Budget
	// Seed draws the initial weights. The order of the text belongs to Data.
	Seed uint64
	// Curve asks for validation bits per byte on the first CurveSequences validation sequences after these shares of the
	// budget: ascending, above 0 and below 1. Shares that fall on the same step are measured once.
	Curve          []float64
	CurveSequences int
	// Progress, where not nil, is called after every optimizer step, from Train's goroutine. When it returns true the
	// trial stops there.
	Progress func(Progress) (stop bool)
}

// Progress is the state of a trial after an optimizer step.
type Progress struct {
	Step, Steps int64 // done and planned; Steps is 0 for a wall-clock budget
	Tokens      int64 // trained on
	Share       float64
	// Nats and BitsPerByte are of the training text, averaged over about ten steps; lower is better.
	Nats        float64 // per token
	BitsPerByte float64
	// TokensPerSecond is of the last step, by the wall clock. It is for display and reaches no result.
	TokensPerSecond float64
	// Curve holds the validation samples so far.
	Curve []Sample
}

// A Sample is one point of a learning curve.
type Sample struct {
	Share       float64 `json:"share"`       // of the budget spent, in (0,1)
	Step        int64   `json:"step"`        // optimizer steps done
	BitsPerByte float64 `json:"bitsperbyte"` // on the first CurveSequences validation sequences; lower is better
}

// Result is what a trial measured.
type Result struct {
	// BitsPerByte is of the whole validation set; lower is better. NaN where Stopped.
	BitsPerByte float64
	// TrainNats is the training loss per token, averaged over about the last ten steps.
	TrainNats  float64
	Steps      int64
	Tokens     int64   // trained on
	FLOPs      float64 // spent on training, Plan.StepFLOPs each step
	Parameters int64
	Curve      []Sample
	// Stopped says that Progress ended the trial before its budget.
	Stopped bool
}

// Check says whether a trial can be run, before any training and without taking memory for it: the plan it would have, and its number of steps
// (0 for a wall-clock budget). Errors wrap ErrConstraint or ErrMemory.
func Check(b Backend, t Trial) (Plan, int64, error) {
	p, err := NewPlan(t.Hyper, t.Data.Context(), t.Data.Vocabulary())
	if err != nil {
		return Plan{}, 0, err
	}
	steps, err := t.Budget.Resolve(p)
	if err != nil {
		return Plan{}, 0, err
	}
	if n := len(t.Data.TokenBytes()); n != p.V {
		return Plan{}, 0, constraint("the data gives byte lengths of %d tokens, want %d, one for each", n, p.V)
	}
	valid := t.Data.ValidationSequences()
	if valid < 1 {
		return Plan{}, 0, constraint("the validation set has %d sequences, want at least 1: prepare the data with more text", valid)
	}
	last := 0.0
	for _, share := range t.Curve {
		if !(share > last && share < 1) {
			return Plan{}, 0, constraint("curve shares are %v, want ascending numbers above 0 and below 1", t.Curve)
		}
		last = share
	}
	if len(t.Curve) > 0 && (t.CurveSequences < 1 || t.CurveSequences > valid) {
		return Plan{}, 0, constraint("the curve asks for %d validation sequences, want 1 to %d", t.CurveSequences, valid)
	}
	need, limit := b.Memory(NewModel(p, t.Hyper, t.Data.TokenBytes()))
	if need > limit {
		return Plan{}, 0, fmt.Errorf("%w: %d layers of %d channels with DEVICE_BATCH_SIZE %d need %d MiB, have %d MiB: lower DEVICE_BATCH_SIZE, DEPTH or ASPECT_RATIO",
			ErrMemory, p.L, p.C, p.B, need>>20, limit>>20)
	}
	return p, steps, nil
}

// Train runs a trial. Its errors wrap ErrConstraint or ErrMemory before training begins, ErrDiverged or ErrCancelled
// later; any other error is the backend's.
func Train(ctx context.Context, b Backend, t Trial) (Result, error) {
	p, steps, err := Check(b, t)
	if err != nil {
		return Result{}, err
	}
	if err := cancelled(ctx); err != nil {
		return Result{}, err
	}
	model := NewModel(p, t.Hyper, t.Data.TokenBytes())
	m, err := b.Open(model)
	if err != nil {
		return Result{}, err
	}
	defer m.Close()
	if err := Initialise(model, m, t.Seed); err != nil {
		return Result{}, err
	}
	r := &run{trial: t, plan: p, machine: m, steps: steps, eval: newEvaluator(p, t.Data), rows: make([]int32, p.B*(p.T+1))}
	if err := r.train(ctx); err != nil {
		return Result{}, err
	}
	return r.result, nil
}

// run is a trial under way.
type run struct {
	trial   Trial
	plan    Plan
	machine Machine
	steps   int64 // planned, 0 for a wall-clock budget
	eval    *evaluator
	rows    []int32 // one micro-batch
	next    int64   // training sequence
	smooth  smooth
	spent   time.Duration // in training steps
	sampled int           // shares of Trial.Curve done
	result  Result
}

func (r *run) train(ctx context.Context) error {
	r.result.Parameters = r.plan.Parameters
	for step := int64(0); !r.done(step); step++ {
		start := time.Now()
		losses, err := r.step(ctx, step)
		if err != nil {
			return err
		}
		took := time.Since(start)
		r.spent += took
		r.result.Steps = step + 1
		r.result.Tokens += losses.Predicted
		r.result.FLOPs = float64(step+1) * r.plan.StepFLOPs()
		r.result.TrainNats = r.smooth.nats()
		if err := r.sample(ctx); err != nil {
			return err
		}
		if r.trial.Progress != nil && r.trial.Progress(r.progress(took)) && !r.done(step+1) {
			r.result.Stopped, r.result.BitsPerByte = true, math.NaN()
			return nil
		}
	}
	bpb, err := r.eval.bitsPerByte(ctx, r.machine, r.trial.Data.ValidationSequences())
	r.result.BitsPerByte = bpb
	return err
}

// done says whether the budget is spent when so many steps are done.
func (r *run) done(steps int64) bool {
	if r.steps > 0 {
		return steps >= r.steps
	}
	return steps > 0 && r.spent >= r.trial.Budget.Wall
}

// share is the part of the budget that is spent.
func (r *run) share(steps int64) float64 {
	if r.steps > 0 {
		return float64(steps) / float64(r.steps)
	}
	return math.Min(float64(r.spent)/float64(r.trial.Budget.Wall), 1)
}

// step runs one optimizer step, counted from 0.
func (r *run) step(ctx context.Context, step int64) (Losses, error) {
	for range r.plan.Micro {
		if err := cancelled(ctx); err != nil {
			return Losses{}, err
		}
		for i := range r.plan.B {
			row := r.rows[i*(r.plan.T+1) : (i+1)*(r.plan.T+1)]
			r.trial.Data.TrainSequence(r.next, row)
			if err := checkTokens(row, r.plan.V, "training", r.next); err != nil {
				return Losses{}, err
			}
			r.next++
		}
		if err := r.machine.Accumulate(r.rows); err != nil {
			return Losses{}, err
		}
	}
	losses, err := r.machine.Update(r.trial.Hyper.scalars(step, r.share(step)))
	if err != nil {
		return Losses{}, err
	}
	if nats := losses.Nats / float64(losses.Predicted); !(nats <= 100) {
		return Losses{}, fmt.Errorf("%w: step %d: training loss is %v nats a token, want at most 100: lower the learning rates", ErrDiverged, step+1, nats)
	}
	r.smooth.add(losses)
	return losses, nil
}

// sample measures the learning curve where the steps done have passed a share asked for.
func (r *run) sample(ctx context.Context) error {
	share := r.share(r.result.Steps)
	if share >= 1 || r.sampled == len(r.trial.Curve) || share < r.trial.Curve[r.sampled] {
		return nil
	}
	for r.sampled < len(r.trial.Curve) && r.trial.Curve[r.sampled] <= share {
		r.sampled++
	}
	bpb, err := r.eval.bitsPerByte(ctx, r.machine, r.trial.CurveSequences)
	if err != nil {
		return err
	}
	r.result.Curve = append(r.result.Curve, Sample{Share: share, Step: r.result.Steps, BitsPerByte: bpb})
	return nil
}

func (r *run) progress(took time.Duration) Progress {
	return Progress{
		Step: r.result.Steps, Steps: r.steps, Tokens: r.result.Tokens, Share: r.share(r.result.Steps),
		Nats: r.smooth.nats(), BitsPerByte: r.smooth.bitsPerByte(),
		TokensPerSecond: float64(r.plan.Tokens()) / took.Seconds(), Curve: r.result.Curve,
	}
}

// smooth averages losses with weights that fall by a tenth a step. Numerator and denominator decay alike, which makes
// the average right from the first step on.
type smooth struct{ total, predicted, byteNats, bytes float64 }

func (s *smooth) add(l Losses) {
	s.total = float64(0.9*s.total) + l.Nats
	s.predicted = float64(0.9*s.predicted) + float64(l.Predicted)
	s.byteNats = float64(0.9*s.byteNats) + l.ByteNats
	s.bytes = float64(0.9*s.bytes) + float64(l.Bytes)
}

func (s *smooth) nats() float64        { return s.total / s.predicted }
func (s *smooth) bitsPerByte() float64 { return s.byteNats / (math.Ln2 * s.bytes) }
