package gpt

import (
	"math"
	"testing"
)

func TestRateSchedule(t *testing.T) {
	for _, c := range []struct {
		warmup, warmdown, final, progress, want float64
	}{
		{0, 0.5, 0, 0, 1},
		{0, 0.5, 0, 0.49, 1},
		{0, 0.5, 0, 0.5, 1},
		{0, 0.5, 0, 0.75, 0.5},
		{0, 0.5, 0.1, 0.75, 0.55},
		{0, 0.5, 0, 0.999, 0.002},
		{0.2, 0.5, 0, 0, 0},
		{0.2, 0.5, 0, 0.05, 0.25},
		{0.2, 0.5, 0, 0.2, 1},
		{0.3, 0.8, 0, 0.25, 0.25 / 0.3}, // overlapping: warm-up first
		{0.3, 0.8, 0, 0.4, 0.75},
		{0, 0, 0.3, 0.999, 1},
		{0, 1, 0, 0.25, 0.75},
	} {
		h := Hyper{WarmupRatio: c.warmup, WarmdownRatio: c.warmdown, FinalLRFrac: c.final}
		if got := h.rate(c.progress); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("rate at %v with warm-up %v, warm-down %v, final %v is %v, want %v", c.progress, c.warmup, c.warmdown, c.final, got, c.want)
		}
	}
}

func TestStepScalars(t *testing.T) {
	h := Hyper{WeightDecay: 0.2, WarmdownRatio: 0.5}
	for _, c := range []struct {
		step     int64
		progress float64
		want     StepScalars
	}{
		{0, 0, StepScalars{Step: 1, Rate: 1, Momentum: 0.85, Decay: 0.2}},
		{150, 0.25, StepScalars{Step: 151, Rate: 1, Momentum: 0.9, Decay: 0.15}},
		{300, 0.75, StepScalars{Step: 301, Rate: 0.5, Momentum: 0.95, Decay: 0.05}},
		{9000, 0.9, StepScalars{Step: 9001, Rate: 0.2, Momentum: 0.95, Decay: 0.02}},
	} {
		got := h.scalars(c.step, c.progress)
		for _, d := range []float64{got.Rate - c.want.Rate, got.Momentum - c.want.Momentum, got.Decay - c.want.Decay} {
			if math.Abs(d) > 1e-12 || got.Step != c.want.Step {
				t.Errorf("step %d at %v: %+v, want %+v", c.step, c.progress, got, c.want)
				break
			}
		}
	}
}

func TestRatesFollowWidthAndShape(t *testing.T) {
	h := Hyper{Depth: 2, AspectRatio: 96, HeadDim: 32, WindowPattern: "L", TotalBatch: 64, DeviceBatch: 1,
		EmbeddingLR: 0.6, UnembeddingLR: 0.004, MatrixLR: 0.04, ScalarLR: 0.5, AdamBeta1: 0.8, AdamBeta2: 0.95}
	p, err := NewPlan(h, 64, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ lr, beta1, beta2 float64 }{
		"wte":      {0.6 * 2, 0.8, 0.95}, // (192/768)^-0.5 = 2
		"head":     {0.004 * 2, 0.8, 0.95},
		"resid":    {0.005, 0.8, 0.95},
		"skip":     {0.5, 0.96, 0.95},
		"1.values": {0.6 * 2, 0.8, 0.95},
		"1.gate":   {0.04, 0, 0},
		"1.q":      {0.04, 0, 0},
		"1.fc":     {0.08, 0, 0}, // 4:1
		"1.proj":   {0.04, 0, 0},
	}
	for _, w := range p.weights(h) {
		if c, ok := want[w.Name]; ok {
			if math.Abs(w.LR-c.lr) > 1e-12 || w.Beta1 != c.beta1 || w.Beta2 != c.beta2 {
				t.Errorf("%s has rate %v and betas (%v, %v), want %v and (%v, %v)", w.Name, w.LR, w.Beta1, w.Beta2, c.lr, c.beta1, c.beta2)
			}
			delete(want, w.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("weights missing: %v", want)
	}
}
