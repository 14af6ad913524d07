package gpt

import "math"

// rate is the multiplier of all learning rates at a progress in [0,1): linear warm-up from 0, flat, linear warm-down to
// FinalLRFrac. Warm-up wins where the two overlap, as in train.py.
func (h Hyper) rate(progress float64) float64 {
	switch {
	case progress < h.WarmupRatio:
		return progress / h.WarmupRatio
	case progress < 1-h.WarmdownRatio:
		return 1
	}
	// Only a warm-down share of 0 comes here with nothing left to divide, and then progress is 1.
	if h.WarmdownRatio == 0 {
		return h.FinalLRFrac
	}
	left := (1 - progress) / h.WarmdownRatio
	return float64(left) + float64((1-left)*h.FinalLRFrac)
}

// momentum is Muon's at a step counted from 0: 0.85 rising to 0.95 over 300 steps.
func momentum(step int64) float64 {
	share := math.Min(float64(step)/300, 1)
	return float64((1-share)*0.85) + float64(share*0.95)
}

// scalars gives what one optimizer step needs. Step counts from 0 here; progress is the share of the budget spent before
// the step, so the first step has 0 and the last of n has (n-1)/n, as in train.py.
func (h Hyper) scalars(step int64, progress float64) StepScalars {
	return StepScalars{
		Step:     step + 1,
		Rate:     h.rate(progress),
		Momentum: momentum(step),
		Decay:    h.WeightDecay * (1 - progress),
	}
}
