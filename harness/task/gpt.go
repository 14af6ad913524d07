package task

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// curveShares are the shares of the budget after which a trial's learning curve is measured: early enough to stop a
// hopeless trial, few enough to cost a few hundredths of it.
var curveShares = []float64{0.125, 0.25, 0.5, 0.75}

// gptTask trains a GPT on text.
type gptTask struct {
	spec    Spec
	size    Size
	space   mechanisms.Space // the size's, without what is locked
	budget  gpt.Budget
	backend gpt.Backend
	corpus  *data.Corpus
	stream  *data.Stream
}

func openGPT(ctx context.Context, s Spec, told func(Preparing)) (*gptTask, error) {
	size, err := FindSize(s.Size)
	if err != nil {
		return nil, fmt.Errorf("open gpt task: %w", err)
	}
	t := &gptTask{spec: s, size: size}
	if t.space, err = lock(size.Space, s.Locked); err != nil {
		return nil, fmt.Errorf("open gpt task: %w", err)
	}
	words := size.Budget
	if s.Budget != "" {
		words = s.Budget
	}
	if t.budget, err = ParseBudget(words); err != nil {
		return nil, fmt.Errorf("open gpt task: %w", err)
	}
	if t.backend, err = openDevice(s.Device, s.Threads); err != nil {
		return nil, fmt.Errorf("open gpt task: %w", err)
	}
	if t.corpus, err = openText(ctx, s, size, told); err != nil {
		return nil, fmt.Errorf("open gpt task: %w", err)
	}
	if t.stream, err = t.corpus.Stream(data.StreamOptions{T: size.T, Seed: s.DataSeed, ValidationTokens: evalTokens(s, size)}); err != nil {
		return nil, fmt.Errorf("open gpt task: text %s: %w", t.corpus.Manifest().Source, err)
	}
	if s.Stream != "" && s.Stream != t.stream.Hash() {
		return nil, fmt.Errorf("open gpt task: the text gives stream %.12s, want %.12s: it has changed since the run was made; bring the old text back, or start a new run", t.stream.Hash(), s.Stream)
	}
	return t, nil
}

func evalTokens(s Spec, size Size) int {
	if s.EvalTokens != 0 {
		return s.EvalTokens
	}
	return size.EvalTokens
}

func (t *gptTask) prepared() Spec {
	s := t.spec
	s.Corpus, s.Stream = t.corpus.Dir(), t.stream.Hash()
	return s
}

func (t *gptTask) Space() mechanisms.Space { return t.space }

func (t *gptTask) trial(p mechanisms.Point, seed uint64) gpt.Trial {
	return gpt.Trial{
		Hyper: hyper(t.size.Space, unlock(t.size.Space, t.space, p)), Data: t.stream, Budget: t.budget, Seed: seed,
		Curve: curveShares, CurveSequences: min(t.size.CurveRows, t.stream.ValidationSequences()),
	}
}

func (t *gptTask) Check(p mechanisms.Point) error {
	if err := t.space.Check(p); err != nil {
		return &Failure{Status: mechanisms.Refused, Reason: err.Error()}
	}
	_, _, err := gpt.Check(t.backend, t.trial(p, 0))
	return failure(err)
}

// Content hashes all that a result follows from: both versions of the arithmetic, every sequence of text, the budget, the
// hyperparameters as the trainer takes them, where the curve is measured, and the seed. Of ASPECT_RATIO and WINDOW_PATTERN only
// what they come to counts, the width and the windows: in a small model many values come to the same.
func (t *gptTask) Content(p mechanisms.Point, seed uint64) string {
	if t.budget.Wall > 0 {
		return ""
	}
	trial := t.trial(p, seed)
	h, width, windows := trial.Hyper, 0, []int(nil)
	if plan, err := gpt.NewPlan(h, t.size.T, t.stream.Vocabulary()); err == nil { // else it is never trained
		width, windows = plan.C, plan.Windows
		h.AspectRatio, h.WindowPattern = 0, ""
	}
	b, err := json.Marshal(struct {
		Program, Kernels, Stream string
		Budget                   gpt.Budget
		Hyper                    gpt.Hyper
		Width                    int
		Windows                  []int
		Curve                    []float64
		CurveSequences           int
		Seed                     uint64
	}{gpt.Numerics, t.backend.Numerics(), t.stream.Hash(), t.budget, h, width, windows, trial.Curve, trial.CurveSequences, seed})
	if err != nil {
		panic(err) // a point of the space has finite values
	}
	sum := sha256.Sum256(b)
	return "gpt-" + hex.EncodeToString(sum[:])
}

func (t *gptTask) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(Progress)) (Result, error) {
	trial := t.trial(p, seed)
	sent := 0 // points of the curve
	trial.Progress = func(x gpt.Progress) bool {
		y := Progress{Step: x.Step, Steps: x.Steps, Fraction: x.Share, Tokens: x.Tokens, TrainBPB: x.BitsPerByte, TokensPerSec: x.TokensPerSecond}
		for ; sent < len(x.Curve); sent++ {
			c := sample(x.Curve[sent])
			y.Curve = &c
			progress(y)
			y.Curve = nil
		}
		progress(y)
		return ctx.Err() != nil
	}
	begun := time.Now()
	r, err := gpt.Train(ctx, t.backend, trial)
	if err == nil && r.Stopped {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Result{}, failure(err)
	}
	result := Result{BPB: r.BitsPerByte, Steps: r.Steps, Tokens: r.Tokens, FLOPs: r.FLOPs, Params: r.Parameters, Seconds: time.Since(begun).Seconds()}
	for _, c := range r.Curve {
		result.Curve = append(result.Curve, sample(c))
	}
	return result, nil
}

func sample(c gpt.Sample) mechanisms.Sample {
	return mechanisms.Sample{Fraction: c.Share, BPB: c.BitsPerByte}
}

// failure says which outcome an error of the trainer is.
func failure(err error) error {
	for _, kind := range []struct {
		is     error
		status mechanisms.Status
	}{
		{gpt.ErrConstraint, mechanisms.Refused}, {gpt.ErrMemory, mechanisms.OutOfMem}, {gpt.ErrDiverged, mechanisms.Diverged},
	} {
		if errors.Is(err, kind.is) {
			return &Failure{Status: kind.status, Reason: err.Error()}
		}
	}
	return err
}

func (t *gptTask) Describe() string {
	m := t.corpus.Manifest()
	return fmt.Sprintf(`A small GPT is trained from scratch and measured in bits per byte on held-out text; lower is better.
Model: decoder with RMSNorm, rotary embeddings, QK-norm, sliding windows, value embeddings, ReLU² MLP; Muon for matrices, AdamW for the rest.
Text: %s; %.1f MB to train on; sequences of %d tokens, vocabulary %d; %d tokens held out.
Budget of every trial: %s%s. A step costs in proportion to TOTAL_BATCH_SIZE and the model's size, so smaller ones get more steps. At DEPTH 1 WINDOW_PATTERN has no effect.
Each step also has a fixed cost, the optimizer's, whatever its tokens: with a smaller TOTAL_BATCH_SIZE the whole budget trains on fewer tokens.
Trials are deterministic: all begin with the same weights and read the same text in the same order. From other weights a point ends elsewhere%s, so a small difference may be chance, also between two points that hardly differ.`,
		m.Source, float64(m.Train.Bytes)/1e6, t.size.T, t.stream.Vocabulary(), t.stream.ValidationSequences()*t.size.T, describeBudget(t.budget), t.spent(), t.size.chance())
}

// spent says what the budget comes to at the default point; nothing for a budget by the clock.
func (t *gptTask) spent() string {
	plan, steps, err := gpt.Check(t.backend, t.trial(t.space.Default(), 0))
	if err != nil || steps == 0 {
		return "" // the baseline will say what is wrong
	}
	return fmt.Sprintf(": at the default point %d steps, %.0f tokens, %.3g FLOPs a step", steps, float64(steps)*float64(plan.Tokens()), plan.StepFLOPs())
}
