package loop

import (
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// landscape returns a deterministic stand-in for training on a space: a bowl around a point drawn from the seed, a little
// ruggedness, and constraints that refuse and a corner that diverges as in a real task. Its values look like bits per byte
// and mean nothing.
func landscape(space mechanisms.Space, seed uint64) func(mechanisms.Point) mechanisms.Trial {
	rng := mechanisms.Stream(seed, 0, "landscape")
	best, weight, label := make([]float64, len(space.Params)), make([]float64, len(space.Params)), make([][]float64, len(space.Params))
	for i, p := range space.Params {
		best[i], weight[i] = rng.Float64(), math.Exp(rng.NormFloat64()-1)
		for range p.Choices {
			label[i] = append(label[i], rng.Float64())
		}
	}
	far := func(p mechanisms.Point) (far float64) {
		for i, q := range space.Params {
			if q.Kind != mechanisms.Choice {
				far = max(far, math.Abs(q.Unit01(p[i])-best[i])*weight[i])
			}
		}
		return far
	}
	edge := max(1.2, 1.5*far(space.Default())) // beyond it trials diverge; the default never does
	return func(p mechanisms.Point) mechanisms.Trial {
		t := mechanisms.Trial{Point: p.Clone(), BPB: math.NaN()}
		if err := space.Check(p); err != nil {
			t.Status, t.Reason = mechanisms.Refused, err.Error()
			return t
		}
		if far(p) > edge {
			t.Status, t.Reason = mechanisms.Diverged, "training loss is NaN"
			return t
		}
		t.Status, t.BPB = mechanisms.Complete, 2
		slow := 0.0 // how much later than others the point learns, so that curves cross
		for i, q := range space.Params {
			if q.Kind == mechanisms.Choice {
				t.BPB += 0.05 * label[i][int(p[i])]
				continue
			}
			d := q.Unit01(p[i]) - best[i]
			t.BPB += weight[i]*d*d + 0.003*math.Sin(40*d)
			slow += 0.1 * math.Sin(17*d)
		}
		for _, f := range []float64{0.125, 0.25, 0.5, 0.75} {
			t.Curve = append(t.Curve, mechanisms.Sample{Fraction: f, BPB: t.BPB + 0.1*(math.Pow(f, -0.6)-1) + slow*(1-f)})
		}
		return t
	}
}
