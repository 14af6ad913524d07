package task

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func TestParseBudget(t *testing.T) {
	for in, want := range map[string]gpt.Budget{
		"1e12flops":   {FLOPs: 1e12},
		"1.5 TFLOPs":  {FLOPs: 1.5e12},
		"300k tokens": {Tokens: 300000},
		"500 steps":   {Steps: 500},
		"2Msteps":     {Steps: 2e6},
		"5m":          {Wall: 5 * time.Minute},
		"1h30m":       {Wall: 90 * time.Minute},
	} {
		if got, err := ParseBudget(in); err != nil || got != want {
			t.Errorf("%q: got %+v (%v), want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "12", "flops", "-3 steps", "0 tokens", "1.5 steps", "NaN flops", "inf flops", "5 parsecs", "-5m", "1e300Ptokens"} {
		if got, err := ParseBudget(in); err == nil {
			t.Errorf("%q was read as %+v", in, got)
		}
	}
}

func TestDefaultsLieInTheirSpaces(t *testing.T) {
	for _, s := range Sizes {
		if err := s.Space.Check(s.Space.Default()); err != nil {
			t.Errorf("default point of size %s: %v", s.Name, err)
		}
		if n := len(s.Space.Params); n != 16 {
			t.Errorf("size %s has %d parameters, want 16", s.Name, n)
		}
		h := hyper(s.Space, s.Space.Default())
		if _, err := gpt.NewPlan(h, s.T, max(272, s.Vocabulary)); err != nil {
			t.Errorf("plan of the default point of size %s: %v", s.Name, err)
		}
		if _, err := ParseBudget(s.Budget); err != nil {
			t.Errorf("size %s: %v", s.Name, err)
		}
		if (s.Spread > 0) != (s.Seeds > 1) {
			t.Errorf("size %s has a spread of %v over %d seeds, want both or none", s.Name, s.Spread, s.Seeds)
		}
	}
	gpu, err := FindSize("gpu")
	if err != nil {
		t.Fatal(err)
	}
	want := gpt.Hyper{Depth: 8, AspectRatio: 64, HeadDim: 128, WindowPattern: "SSSL", TotalBatch: 1 << 19, DeviceBatch: 128,
		EmbeddingLR: 0.6, UnembeddingLR: 0.004, MatrixLR: 0.04, ScalarLR: 0.5, WeightDecay: 0.2, AdamBeta1: 0.8, AdamBeta2: 0.95, WarmdownRatio: 0.5}
	if got := hyper(gpu.Space, gpu.Space.Default()); got != want {
		t.Errorf("default of the GPU task: got %+v, want that of train.py: %+v", got, want)
	}
}

func TestEveryParameterReachesTheTrainer(t *testing.T) {
	space := Sizes[0].Space
	before := hyper(space, space.Default())
	for i, p := range space.Params {
		other := p.Max
		if other == p.Default {
			other = p.Min
		}
		if after := hyper(space, space.Default().With(i, other)); after == before {
			t.Errorf("%s = %v gives the same hyperparameters as the default", p.Name, other)
		}
	}
}

func TestBatchesThatDoNotDivideAreRefusedWithTheReason(t *testing.T) {
	f := tiny(t, nil)
	space := f.Space()
	p := space.Default().With(space.Index(totalBatchSize), 256)
	failure, ok := errors.AsType[*Failure](f.Check(p))
	if !ok || failure.Status != mechanisms.Refused || !strings.Contains(failure.Reason, totalBatchSize) || !strings.Contains(failure.Reason, "lower DEVICE_BATCH_SIZE") {
		t.Errorf("a step of 256 tokens in micro-batches of 512: %v", f.Check(p))
	}
}

// tiny opens the smallest GPT task on a text of its own.
func tiny(t *testing.T, change func(*Spec)) Task {
	t.Helper()
	t.Setenv("BILEVEL_CACHE", filepath.Join(t.TempDir(), "cache"))
	s := Spec{Kind: KindGPT, Size: "tiny", Budget: "6 steps", EvalTokens: 1024, Text: []string{writeText(t, "once upon a time ")}}
	if change != nil {
		change(&s)
	}
	task, err := Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// writeText makes a folder of small files that are not alike.
func writeText(t *testing.T, words string) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 64 {
		text := strings.Repeat(words, 40) + strings.Repeat(string(rune('a'+i%26)), 40+i)
		if err := os.WriteFile(filepath.Join(dir, "f"+string(rune('A'+i))+".txt"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func train(t *testing.T, task Task, p mechanisms.Point, seed uint64) Result {
	t.Helper()
	r, err := task.Train(context.Background(), p, seed, func(Progress) {})
	if err != nil {
		t.Fatalf("train: %v", err)
	}
	r.Seconds = 0
	return r
}

func TestTrialsAreTheSameForAnyThreadsAndFromPreparedText(t *testing.T) {
	one := tiny(t, func(s *Spec) { s.Threads = 1 })
	if d := one.Describe(); !strings.Contains(d, "standard deviation of 0.011 bits per byte over 16 seeds") {
		t.Errorf("described without what chance does:\n%s", d)
	}
	spec := Prepared(one, Spec{})
	if spec.Stream == "" || spec.Corpus == "" {
		t.Fatalf("prepared spec has no text: %+v", spec)
	}
	spec.Threads = 3
	three, err := Open(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	p := one.Space().Default()
	a, b := train(t, one, p, 5), train(t, three, p, 5)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("one thread: %+v\nthree threads, prepared text: %+v", a, b)
	}
	if one.Content(p, 5) != three.Content(p, 5) || one.Content(p, 5) == "" {
		t.Errorf("contents %q and %q, want the same", one.Content(p, 5), three.Content(p, 5))
	}
	if a.Steps != 6 || len(a.Curve) == 0 || !(a.BPB > 0) || a.Params == 0 {
		t.Errorf("result of 6 steps: %+v", a)
	}
	if c := train(t, one, p, 6); c.BPB == a.BPB {
		t.Errorf("seeds 5 and 6 both give %v", a.BPB)
	}
}

func TestContentTellsTrialsApart(t *testing.T) {
	base := tiny(t, nil)
	p := base.Space().Default()
	seen := map[string]string{base.Content(p, 1): "the default"}
	note := func(what, content string) {
		if other := seen[content]; other != "" || content == "" {
			t.Errorf("%s has the content of %q: %q", what, other, content)
		}
		seen[content] = what
	}
	note("another seed", base.Content(p, 2))
	for i, q := range base.Space().Params {
		from := p
		if q.Name == windowPattern { // the default has one layer, which is long whatever the pattern
			from = p.With(base.Space().Index(depth), 2)
			note("two layers", base.Content(from, 1))
		}
		note("another "+q.Name, base.Content(from.With(i, q.FromUnit01(1)), 1))
	}
	note("another budget", tiny(t, func(s *Spec) { s.Budget = "7 steps" }).Content(p, 1))
	note("another order of the text", tiny(t, func(s *Spec) { s.DataSeed = 1 }).Content(p, 1))
	note("another text", tiny(t, func(s *Spec) { s.Text = []string{writeText(t, "it was a dark and stormy night ")} }).Content(p, 1))
	note("another validation set", tiny(t, func(s *Spec) { s.EvalTokens = 2048 }).Content(p, 1))
	if c := tiny(t, func(s *Spec) { s.Budget = "1s" }).Content(p, 1); c != "" {
		t.Errorf("a trial by the clock has content %q, want none", c)
	}
}

// Points that come to one model are one trial: what the trainer returns is the same to the bit.
func TestPointsThatComeToOneModelHaveOneContent(t *testing.T) {
	task := tiny(t, nil)
	s, p := task.Space(), task.Space().Default()
	aspect, window := s.Index(aspectRatio), s.Index(windowPattern)
	other := p.With(aspect, p[aspect]-1)
	if pattern := slices.Index(s.Params[window].Choices, "SLSL"); pattern >= 0 {
		other = other.With(window, float64(pattern))
	}
	if p.Equal(other) || task.Content(p, 3) != task.Content(other, 3) {
		t.Fatalf("contents %s and %s of %s, want one", task.Content(p, 3), task.Content(other, 3), s.Diff(p, other))
	}
	if a, b := train(t, task, p, 3), train(t, task, other, 3); !reflect.DeepEqual(a, b) {
		t.Errorf("%s: %+v\nthe default: %+v\nwant the same", s.Diff(p, other), b, a)
	}
}

func TestChangedTextIsRefused(t *testing.T) {
	task := tiny(t, nil)
	spec := Prepared(task, Spec{})
	spec.Corpus = filepath.Join(t.TempDir(), "gone") // as if the cache had been cleared
	if _, err := Open(context.Background(), spec); err != nil {
		t.Errorf("the same text, prepared again: %v", err)
	}
	spec.Text = []string{writeText(t, "it was a dark and stormy night ")}
	if _, err := Open(context.Background(), spec); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("another text: %v, want a refusal", err)
	}
}

func TestFailuresOfTraining(t *testing.T) {
	task := tiny(t, func(s *Spec) { s.Budget = "40 steps" })
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	_, err := task.Train(ctx, task.Space().Default(), 1, func(p Progress) {
		if p.Step == 3 {
			cancel(stopped)
		}
	})
	if !errors.Is(err, stopped) {
		t.Errorf("cancelled at step 3: %v, want the cause", err)
	}
	under := tiny(t, func(s *Spec) { s.Budget = "1 tokens" })
	if failure, ok := errors.AsType[*Failure](under.Check(under.Space().Default())); !ok || failure.Status != mechanisms.Refused {
		t.Errorf("a budget below one step: %v, want refused", under.Check(under.Space().Default()))
	}
	for err, want := range map[error]mechanisms.Status{gpt.ErrMemory: mechanisms.OutOfMem, gpt.ErrDiverged: mechanisms.Diverged, gpt.ErrConstraint: mechanisms.Refused, errors.New("x"): mechanisms.Crashed} {
		if got := Failed(failure(err), mechanisms.Crashed).Status; got != want {
			t.Errorf("%v is %s, want %s", err, got, want)
		}
	}
}

func TestUnreadableAndTooSmallTextIsSaid(t *testing.T) {
	t.Setenv("BILEVEL_CACHE", t.TempDir())
	small := filepath.Join(t.TempDir(), "small.txt")
	if err := os.WriteFile(small, []byte("hello"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "gone"), small} {
		if _, err := Open(context.Background(), Spec{Kind: KindGPT, Size: "tiny", Text: []string{path}}); err == nil {
			t.Errorf("text %s was accepted", path)
		}
	}
}

func TestUnknownSpecsAreSaid(t *testing.T) {
	for _, s := range []Spec{{Kind: "gtp"}, {Kind: KindGPT, Size: "huge"}, {Kind: KindGPT, Budget: "much"}, {Kind: KindGPT, Device: "tpu"}, {Kind: KindSurface, Surface: "hill"}, {Kind: KindSurface, Budget: "4 steps"}} {
		if _, err := Open(context.Background(), s); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%v: %v, want an error that says what is wanted", s, err)
		}
	}
}

func TestSurfaceTrialsEndInEveryWay(t *testing.T) {
	f, err := Open(context.Background(), Spec{Kind: KindSurface, SurfaceSeed: 3})
	if err != nil {
		t.Fatal(err)
	}
	p := f.Space().Default()
	a, b := train(t, f, p, 1), train(t, f, p, 1)
	if !reflect.DeepEqual(a, b) || len(a.Curve) != 4 {
		t.Errorf("two trials of the default: %+v and %+v", a, b)
	}
	seen := map[mechanisms.Status]bool{}
	r := mechanisms.Stream(1, 0, "test")
	for seed := range uint64(20) {
		f, err := openSurface(Spec{SurfaceSeed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			for i, q := range f.Space().Params {
				p[i] = q.FromUnit01(r.Float64())
			}
			err := f.Check(p)
			if err == nil {
				_, err = f.Train(context.Background(), p, 1, func(Progress) {})
			}
			if err != nil {
				seen[Failed(err, mechanisms.Crashed).Status] = true
			}
		}
	}
	for _, status := range []mechanisms.Status{mechanisms.Refused, mechanisms.Diverged, mechanisms.OutOfMem} {
		if !seen[status] {
			t.Errorf("of 1000 random points none is %s: %v", status, seen)
		}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("stop"))
	slow, err := Open(context.Background(), Spec{Kind: KindSurface, Budget: "1h"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Train(ctx, slow.Space().Default(), 1, func(Progress) {}); err == nil || err.Error() != "stop" {
		t.Errorf("a cancelled trial: %v, want the cause", err)
	}
}

func TestSurfaceContentTellsTrialsApart(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range SurfaceNames() {
		for seed := range uint64(3) {
			f, err := openSurface(Spec{Surface: name, SurfaceSeed: seed})
			if err != nil {
				t.Fatal(err)
			}
			p := f.Space().Default()
			for _, content := range []string{f.Content(p, 1), f.Content(p, 2), f.Content(f.surface.Optimum, 1)} {
				if seen[content] && !(name == "flat") { // where the default is the optimum
					t.Errorf("surface %s %d: content %s was seen before", name, seed, content)
				}
				seen[content] = true
			}
		}
	}
}
