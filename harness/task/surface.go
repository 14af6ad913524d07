package task

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// surface is a formula over the space of the small GPT: a bowl with interactions, choices, and regions in which trials
// diverge or run out of memory. Nothing about it is measured; it serves tests, and shows a whole run in seconds.
type surface struct {
	spec  Spec
	space mechanisms.Space
	pause time.Duration // of a trial: how long training is made to look

	best   []float64 // the optimum in unit coordinates; a Choice's is a level
	weight []float64 // of the squared distance, in bits per byte
	pairs  [][2]int  // parameters that interact: neighbours in a random order
}

// The surfaces by name.
const (
	surfaceHills = "hills" // the default point is far from the optimum; also when no name is given
	surfaceFlat  = "flat"  // the default point is the optimum: whoever finds a gain is wrong
)

const (
	surfaceFloor = 1.5 // bits per byte at the optimum
	// The decisive parameters weigh about ten times the others: with a few large effects among many small ones the surface is
	// like the measured sensitivities of real training.
	decisive, minor = 0.6, 0.05
	decisiveParams  = 6
)

func openSurface(s Spec) (*surface, error) {
	f := &surface{spec: s, space: Sizes[0].Space}
	f.space.Name = "surface"
	if s.Surface != "" && s.Surface != surfaceHills && s.Surface != surfaceFlat {
		return nil, fmt.Errorf("surface %q, want %s or %s", s.Surface, surfaceHills, surfaceFlat)
	}
	if s.Budget != "" {
		var err error
		if f.pause, err = time.ParseDuration(s.Budget); err != nil || f.pause < 0 {
			return nil, fmt.Errorf("budget %q of a surface, want a duration that a trial is to last: 20ms", s.Budget)
		}
	}
	r := mechanisms.Stream(s.SurfaceSeed, 0, "surface")
	order := r.Perm(len(f.space.Params))
	f.best, f.weight = make([]float64, len(order)), make([]float64, len(order))
	for rank, i := range order {
		p := f.space.Params[i]
		preset := p.Unit01(p.Default)
		// The optimum lies a quarter to a half of the range from the default, on the side that has room.
		f.best[i] = preset + math.Copysign(0.25+float64(0.25*r.Float64()), 0.5-preset)
		if p.Kind == mechanisms.Choice {
			f.best[i] = float64(r.IntN(p.Levels()))
		}
		f.weight[i] = minor * r.Float64()
		if rank < decisiveParams {
			f.weight[i] = decisive * (0.5 + r.Float64())
		}
		if s.Surface == surfaceFlat {
			f.best[i] = preset
			if p.Kind == mechanisms.Choice {
				f.best[i] = p.Default
			}
		}
		if rank > 0 {
			f.pairs = append(f.pairs, [2]int{order[rank-1], i})
		}
	}
	return f, nil
}

func (f *surface) Space() mechanisms.Space { return f.space }

func (f *surface) Check(p mechanisms.Point) error {
	if err := f.space.Check(p); err != nil {
		return &Failure{Status: mechanisms.Refused, Reason: err.Error()}
	}
	const most = 6 * 64 * 64 / 2 // channels times sequences
	if need := f.at(p, depth) * f.at(p, aspectRatio) * f.at(p, deviceBatchSize); need > most {
		return &Failure{Status: mechanisms.OutOfMem, Reason: fmt.Sprintf("%s × %s × %s = %g, want at most %d", depth, aspectRatio, deviceBatchSize, need, most)}
	}
	return nil
}

func (f *surface) at(p mechanisms.Point, name string) float64 { return p[f.space.Index(name)] }

func (f *surface) Content(p mechanisms.Point, seed uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "surface 1 %s %d %d %v", f.spec.Surface, f.spec.SurfaceSeed, seed, []float64(p)))
	return fmt.Sprintf("surface-%x", sum)
}

func (f *surface) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(Progress)) (Result, error) {
	begun := time.Now()
	end := f.value(p)
	steps := int64(max(1, math.Exp2(20)/f.at(p, totalBatchSize)))
	result := Result{BPB: end, Steps: steps, Tokens: 1 << 20, Params: int64(f.at(p, depth) * 1e5)}
	for i, share := range curveShares {
		if err := f.wait(ctx); err != nil {
			return Result{}, err
		}
		c := mechanisms.Sample{Fraction: share, BPB: end + float64((6-end)*math.Exp2(-8*share))}
		result.Curve = append(result.Curve, c)
		progress(Progress{Step: int64(float64(steps) * share), Steps: steps, Fraction: share, Tokens: int64(float64(result.Tokens) * share), TrainBPB: c.BPB, Curve: &c})
		if i == 1 && f.diverges(p) {
			return Result{}, &Failure{Status: mechanisms.Diverged, Reason: fmt.Sprintf("the training loss is NaN at step %d of %d", steps/4, steps)}
		}
	}
	if err := f.wait(ctx); err != nil {
		return Result{}, err
	}
	result.Seconds = time.Since(begun).Seconds()
	return result, nil
}

// wait takes one part of the pause.
func (f *surface) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(f.pause / time.Duration(len(curveShares)+1)):
		return ctx.Err()
	}
}

// diverges says where rates are too high together: in the corner of both ranges.
func (f *surface) diverges(p mechanisms.Point) bool {
	unit := func(name string) float64 { i := f.space.Index(name); return f.space.Params[i].Unit01(p[i]) }
	return unit(matrixLR)+unit(embeddingLR) > 1.7
}

// value is the height of the surface in bits per byte.
func (f *surface) value(p mechanisms.Point) float64 {
	away := make([]float64, len(p))
	for i, q := range f.space.Params {
		if q.Kind == mechanisms.Choice {
			away[i] = 0.5 * math.Min(1, math.Abs(p[i]-f.best[i]))
			continue
		}
		away[i] = q.Unit01(p[i]) - f.best[i]
	}
	y := surfaceFloor
	for i := range p {
		y += float64(f.weight[i] * away[i] * away[i]) // rounded, so that no processor fuses it with the sum
	}
	for _, ij := range f.pairs { // weaker than the bowl, so that the optimum stays the optimum
		i, j := ij[0], ij[1]
		y += float64(0.5 * math.Sqrt(f.weight[i]*f.weight[j]) * away[i] * away[j])
	}
	return y
}

func (f *surface) Describe() string {
	return `A formula stands in for the training of a small GPT, over the same hyperparameters; its value is written as bits per byte, lower is better. Nothing is trained.`
}
