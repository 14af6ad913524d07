package gpt_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// verse is long enough to train on and short enough to learn by heart.
const verse = `Tyger Tyger, burning bright, In the forests of the night; What immortal hand or eye, Could frame thy fearful symmetry? ` +
	`In what distant deeps or skies, Burnt the fire of thine eyes? On what wings dare he aspire? What the hand, dare seize the fire? `

// tiny is a trial of a fraction of a second that exercises warm-up, accumulation, windows, value embeddings and the curve.
func tiny() gpt.Trial {
	h := kerneltest.Hyper(3, 8, 8, "SL")
	h.DeviceBatch, h.TotalBatch = 3, 6*16
	h.WarmupRatio, h.FinalLRFrac = 0.2, 0.1
	return gpt.Trial{
		Hyper: h, Data: kerneltest.NewText(verse+verse, 16, 128), Budget: gpt.Budget{Steps: 12}, Seed: 5,
		Curve: []float64{0.25, 0.5}, CurveSequences: 1,
	}
}

func plain(threads int) *cpu.Backend { return cpu.New(arith.Plain, cpu.Config{Threads: threads}) }

func train(t *testing.T, b gpt.Backend, trial gpt.Trial) gpt.Result {
	t.Helper()
	r, err := gpt.Train(context.Background(), b, trial)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSameBitsForAnyNumberOfThreadsAndAnyRun(t *testing.T) {
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		b := cpu.New(mode, cpu.Config{Threads: 1})
		want := train(t, b, tiny())
		other := tiny()
		other.Hyper.Depth = 4
		train(t, b, other) // leaves other numbers in the memory that the next trial uses
		if got := train(t, b, tiny()); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: a second run gives %+v, want %+v", mode, got, want)
		}
		for _, c := range []cpu.Config{{Threads: 2}, {Threads: 5}, {Threads: 2, Portable: true}} {
			if got := train(t, cpu.New(mode, c), tiny()); !reflect.DeepEqual(got, want) {
				t.Errorf("%s with %+v gives %+v, want %+v", mode, c, got, want)
			}
		}
	}
}

func TestEveryHyperparameterChangesTheResult(t *testing.T) {
	base := train(t, plain(2), tiny())
	for name, change := range map[string]func(*gpt.Hyper){
		"DEPTH":              func(h *gpt.Hyper) { h.Depth = 4 },
		"ASPECT_RATIO":       func(h *gpt.Hyper) { h.AspectRatio = 16 },
		"HEAD_DIM":           func(h *gpt.Hyper) { h.HeadDim = 4 },
		"WINDOW_PATTERN":     func(h *gpt.Hyper) { h.WindowPattern = "LL" },
		"TOTAL_BATCH_SIZE":   func(h *gpt.Hyper) { h.TotalBatch *= 2 },
		"DEVICE_BATCH_SIZE":  func(h *gpt.Hyper) { h.DeviceBatch = 2 }, // rounding only
		"EMBEDDING_LR":       func(h *gpt.Hyper) { h.EmbeddingLR *= 1.1 },
		"UNEMBEDDING_LR":     func(h *gpt.Hyper) { h.UnembeddingLR *= 1.1 },
		"MATRIX_LR":          func(h *gpt.Hyper) { h.MatrixLR *= 1.1 },
		"SCALAR_LR":          func(h *gpt.Hyper) { h.ScalarLR *= 1.1 },
		"WEIGHT_DECAY":       func(h *gpt.Hyper) { h.WeightDecay *= 1.1 },
		"ADAM_BETAS, first":  func(h *gpt.Hyper) { h.AdamBeta1 = 0.82 },
		"ADAM_BETAS, second": func(h *gpt.Hyper) { h.AdamBeta2 = 0.96 },
		"WARMUP_RATIO":       func(h *gpt.Hyper) { h.WarmupRatio = 0.1 },
		"WARMDOWN_RATIO":     func(h *gpt.Hyper) { h.WarmdownRatio = 0.6 },
		"FINAL_LR_FRAC":      func(h *gpt.Hyper) { h.FinalLRFrac = 0.15 },
	} {
		trial := tiny()
		change(&trial.Hyper)
		if got := train(t, plain(2), trial); got.BitsPerByte == base.BitsPerByte {
			t.Errorf("%s has no effect: %v bits per byte before and after", name, got.BitsPerByte)
		}
	}
	trial := tiny()
	trial.Seed++
	if got := train(t, plain(2), trial); got.BitsPerByte == base.BitsPerByte {
		t.Errorf("the seed has no effect: %v bits per byte before and after", got.BitsPerByte)
	}
}

func TestTrainingLearnsAShortTextByHeart(t *testing.T) {
	h := kerneltest.Hyper(2, 16, 16, "SL")
	h.DeviceBatch, h.TotalBatch = 8, 8*32
	trial := gpt.Trial{Hyper: h, Data: kerneltest.NewText(strings.Repeat(verse, 8), 32, 128), Budget: gpt.Budget{Steps: 150}, Seed: 1}
	var first float64
	trial.Progress = func(p gpt.Progress) bool {
		if p.Step == 1 {
			first = p.BitsPerByte
		}
		return false
	}
	r := train(t, cpu.New(arith.Default(), cpu.Config{}), trial)
	// The validation part repeats the training part, so a model that learns must predict it.
	if math.Abs(first-7) > 0.05 || r.BitsPerByte > 0.4 {
		t.Errorf("bits per byte went from %.3f to %.3f, want from log2(128) = 7 to below 0.4", first, r.BitsPerByte)
	}
}

func TestBitsPerByteLeavesOutTokensWithoutBytes(t *testing.T) {
	// With head and stream untouched after one step at rate 0, every token costs about ln V nats.
	trial := tiny()
	trial.Hyper.WarmupRatio, trial.Budget, trial.Curve = 1, gpt.Budget{Steps: 1}, nil
	trial.Data = threeBytes{kerneltest.NewText(verse, 16, 128)}
	r := train(t, plain(1), trial)
	if want := 7. / 3; math.Abs(r.BitsPerByte-want) > 0.01 {
		t.Errorf("%.4f bits per byte, want log2(128)/3 = %.4f: every token that counts stands for three bytes", r.BitsPerByte, want)
	}
}

// threeBytes says that the letter e stands for no byte and every other token for three.
type threeBytes struct{ *kerneltest.Text }

func (d threeBytes) TokenBytes() []int {
	n := make([]int, 128)
	for i := range n {
		n[i] = 3
	}
	n['e'] = 0
	return n
}

func TestCurveAndCounts(t *testing.T) {
	r := train(t, plain(2), tiny())
	if len(r.Curve) != 2 || r.Curve[0].Step != 3 || r.Curve[1].Step != 6 || r.Curve[1].Share != 0.5 {
		t.Errorf("curve %+v, want samples after steps 3 and 6 of 12", r.Curve)
	}
	p, _, err := gpt.Check(plain(1), tiny())
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 12 || r.Tokens != 12*96 || r.FLOPs != 12*p.StepFLOPs() || r.Parameters != p.Parameters || r.Stopped {
		t.Errorf("result %+v, want 12 steps, 1152 tokens, %v FLOPs and %d parameters", r, 12*p.StepFLOPs(), p.Parameters)
	}
	// Measuring must not disturb training.
	trial := tiny()
	trial.Curve = nil
	if again := train(t, plain(2), trial); again.BitsPerByte != r.BitsPerByte {
		t.Errorf("%v bits per byte without a curve, %v with one, want the same", again.BitsPerByte, r.BitsPerByte)
	}
}

func TestProgressStopsATrial(t *testing.T) {
	trial, calls := tiny(), 0
	trial.Progress = func(p gpt.Progress) bool {
		calls++
		if p.Steps != 12 || p.Step != int64(calls) || p.Tokens != p.Step*96 || p.Share != float64(p.Step)/12 || !(p.Nats > 0) {
			t.Errorf("call %d: progress %+v", calls, p)
		}
		return len(p.Curve) == 1
	}
	r := train(t, plain(1), trial)
	if calls != 3 || !r.Stopped || r.Steps != 3 || !math.IsNaN(r.BitsPerByte) || len(r.Curve) != 1 {
		t.Errorf("stopped after %d calls with %+v, want after the first sample, without a final figure", calls, r)
	}
}

func TestWallClockBudget(t *testing.T) {
	trial := tiny()
	trial.Budget = gpt.Budget{Wall: 30 * time.Millisecond}
	last := 0.0
	trial.Progress = func(p gpt.Progress) bool {
		if p.Share < last || p.Share > 1 {
			t.Errorf("share %v after %v", p.Share, last)
		}
		last = p.Share
		return false
	}
	if r := train(t, plain(1), trial); r.Steps < 1 || last != 1 {
		t.Errorf("%d steps up to share %v, want at least 1 and all of it", r.Steps, last)
	}
}

func TestFailuresAreNamed(t *testing.T) {
	check := func(name string, want error, trial gpt.Trial, b gpt.Backend, ctx context.Context) {
		t.Helper()
		if _, err := gpt.Train(ctx, b, trial); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want one that is %v", name, err, want)
		}
	}
	ctx := context.Background()

	trial := tiny()
	trial.Hyper.MatrixLR, trial.Hyper.EmbeddingLR = 1e38, 1e38
	check("rates without bounds", gpt.ErrDiverged, trial, plain(1), ctx)

	check("too little memory", gpt.ErrMemory, tiny(), cpu.New(arith.Plain, cpu.Config{Threads: 1, Limit: 1 << 16}), ctx)

	trial = tiny()
	trial.Hyper.TotalBatch++
	check("batch that does not divide", gpt.ErrConstraint, trial, plain(1), ctx)

	trial = tiny()
	trial.Curve = []float64{0.5, 0.25}
	check("curve that goes back", gpt.ErrConstraint, trial, plain(1), ctx)

	trial = tiny()
	trial.Data = outOfRange{kerneltest.NewText(verse, 16, 128)}
	check("token without a row", gpt.ErrConstraint, trial, plain(1), ctx)

	ctx, cancel := context.WithCancelCause(ctx)
	why := errors.New("the user left")
	trial = tiny()
	trial.Progress = func(p gpt.Progress) bool {
		if p.Step == 2 {
			cancel(why)
		}
		return false
	}
	check("context that ends", gpt.ErrCancelled, trial, plain(1), ctx)
	check("context that has ended, its cause", why, tiny(), plain(1), ctx)
}

// outOfRange has a token that the vocabulary lacks in its fifth sequence.
type outOfRange struct{ *kerneltest.Text }

func (d outOfRange) TrainSequence(i int64, row []int32) {
	d.Text.TrainSequence(i, row)
	if i == 4 {
		row[7] = 128
	}
}
