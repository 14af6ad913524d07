package task

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// surfaceTask stands in for training: a formula with a known optimum. It serves tests, and shows a whole run in seconds.
type surfaceTask struct {
	surface *surfaces.Surface
	doc     string
	pause   time.Duration // how long a trial is made to last
}

func openSurface(s Spec) (*surfaceTask, error) {
	at := slices.IndexFunc(surfaces.Families, func(f surfaces.Family) bool { return f.Name == s.Surface || s.Surface == "" })
	if at < 0 {
		return nil, fmt.Errorf("surface %q, want one of %s", s.Surface, strings.Join(SurfaceNames(), ", "))
	}
	family := surfaces.Families[at]
	t := &surfaceTask{surface: family.New(s.SurfaceSeed), doc: family.Doc}
	if s.Budget != "" {
		var err error
		if t.pause, err = time.ParseDuration(s.Budget); err != nil || t.pause < 0 {
			return nil, fmt.Errorf("budget %q of a surface, want a duration that a trial is to last: 20ms", s.Budget)
		}
	}
	return t, nil
}

// SurfaceNames are the surfaces there are, the default first.
func SurfaceNames() []string {
	var names []string
	for _, f := range surfaces.Families {
		names = append(names, f.Name)
	}
	return names
}

func (t *surfaceTask) Space() mechanisms.Space { return t.surface.Space }

func (t *surfaceTask) Check(p mechanisms.Point) error {
	if err := t.surface.Space.Check(p); err != nil {
		return &Failure{Status: mechanisms.Refused, Reason: err.Error()}
	}
	return nil
}

// Content holds the trial itself: it costs microseconds, and a changed formula cannot meet an old memory.
func (t *surfaceTask) Content(p mechanisms.Point, seed uint64) string {
	trial := t.surface.Train(p)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %v %s %x %v", t.surface.Name, seed, []float64(p), trial.Status, trial.BPB, trial.Curve))
	return fmt.Sprintf("surface-%x", sum)
}

// surfaceSteps are shown as progress; a formula has none.
const surfaceSteps = 100

func (t *surfaceTask) Train(ctx context.Context, p mechanisms.Point, _ uint64, progress func(Progress)) (Result, error) {
	begun := time.Now()
	trial := t.surface.Train(p)
	parts := time.Duration(len(trial.Curve) + 1)
	for _, c := range trial.Curve {
		if err := t.wait(ctx, parts); err != nil {
			return Result{}, err
		}
		progress(Progress{Step: int64(surfaceSteps * c.Fraction), Steps: surfaceSteps, Fraction: c.Fraction, TrainBPB: c.BPB, Curve: &c})
	}
	if err := t.wait(ctx, parts); err != nil {
		return Result{}, err
	}
	if trial.Status != mechanisms.Complete {
		return Result{}, &Failure{Status: trial.Status, Reason: trial.Reason}
	}
	return Result{BPB: trial.BPB, Curve: trial.Curve, Seconds: time.Since(begun).Seconds()}, nil
}

// wait takes one of the parts of the pause.
func (t *surfaceTask) wait(ctx context.Context, parts time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(t.pause / parts):
		return nil
	}
}

func (t *surfaceTask) Describe() string {
	return fmt.Sprintf("A formula stands in for training: %s. Its value is written as bits per byte; lower is better. Nothing is trained.", t.doc)
}
