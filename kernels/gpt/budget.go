package gpt

import (
	"math"
	"time"
)

// A Budget says how much training a trial gets. Exactly one field is above zero.
//
// FLOPs, Tokens and Steps become a number of whole optimizer steps before training, so that schedules are exact; what is
// left over, less than one step, is not spent. Less than one step in all is an error. Wall stops after the first
// step that ends at or beyond it and gives up reproducibility: progress is then the share of time elapsed.
type Budget struct {
	FLOPs  float64       `json:"flops,omitempty"`  // of training, counted as Plan.StepFLOPs; evaluation is free
	Tokens int64         `json:"tokens,omitempty"` // training tokens
	Steps  int64         `json:"steps,omitempty"`  // optimizer steps
	Wall   time.Duration `json:"wall,omitempty"`   // of training; start-up and evaluation are free
}

// Resolve converts the budget to a number of steps of the plan; 0 for a wall-clock budget.
func (b Budget) Resolve(p Plan) (int64, error) {
	set := 0
	for _, on := range []bool{b.FLOPs != 0, b.Tokens != 0, b.Steps != 0, b.Wall != 0} {
		if on {
			set++
		}
	}
	if set != 1 || b.FLOPs < 0 || b.Tokens < 0 || b.Steps < 0 || b.Wall < 0 || math.IsNaN(b.FLOPs) {
		return 0, constraint("the budget is %+v, want exactly one of FLOPs, tokens, steps and wall time, above zero", b)
	}
	switch {
	case b.Wall > 0:
		return 0, nil
	case b.Steps > 0:
		return b.Steps, nil
	case b.Tokens > 0:
		steps := b.Tokens / int64(p.Tokens())
		if steps == 0 {
			return 0, constraint("the budget of %d tokens is less than one step of %d: raise it or lower TOTAL_BATCH_SIZE", b.Tokens, p.Tokens())
		}
		return steps, nil
	}
	steps := math.Floor(b.FLOPs / p.StepFLOPs())
	if steps < 1 {
		return 0, constraint("the budget of %.4g FLOPs is less than one step of %.4g: raise it, or lower TOTAL_BATCH_SIZE or the model's size",
			b.FLOPs, p.StepFLOPs())
	}
	if steps > 1e12 {
		return 0, constraint("the budget of %.4g FLOPs makes %.4g steps, want at most 1e12", b.FLOPs, steps)
	}
	return int64(steps), nil
}
