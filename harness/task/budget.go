package task

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// ParseBudget reads the training that a trial gets: a number of "flops", "tokens" or "steps", where the number may end in k, M, G,
// T or P ("1e12flops", "1.5 TFLOPs", "300k tokens", "500 steps"), or a duration ("5m"). Durations make results depend on
// the machine.
func ParseBudget(s string) (gpt.Budget, error) {
	if d, err := time.ParseDuration(strings.TrimSpace(s)); err == nil && d > 0 {
		return gpt.Budget{Wall: d}, nil
	}
	wrong := fmt.Errorf("budget %q, want a number of flops, tokens or steps, or a duration: 1e12flops, 300k tokens, 500 steps, 5m", s)
	number, unit := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), " ", "")), ""
	for _, u := range []string{"flops", "tokens", "steps"} {
		if n, found := strings.CutSuffix(number, u); found {
			number, unit = n, u
		}
	}
	scale := 1.0
	for suffix, x := range map[string]float64{"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15} {
		if n, found := strings.CutSuffix(number, suffix); found {
			number, scale = n, x
			break
		}
	}
	x, err := strconv.ParseFloat(number, 64)
	x *= scale
	if err != nil || unit == "" || !(x > 0) || math.IsInf(x, 0) {
		return gpt.Budget{}, wrong
	}
	if unit == "flops" {
		return gpt.Budget{FLOPs: x}, nil
	}
	if x != math.Trunc(x) || x > 1e15 {
		return gpt.Budget{}, fmt.Errorf("budget %q, want a whole number of %s up to 1e15", s, unit)
	}
	if unit == "tokens" {
		return gpt.Budget{Tokens: int64(x)}, nil
	}
	return gpt.Budget{Steps: int64(x)}, nil
}

// describeBudget is what ParseBudget reads, in words.
func describeBudget(b gpt.Budget) string {
	switch {
	case b.FLOPs > 0:
		return fmt.Sprintf("%.4g FLOPs of training", b.FLOPs)
	case b.Tokens > 0:
		return fmt.Sprintf("%d training tokens", b.Tokens)
	case b.Steps > 0:
		return fmt.Sprintf("%d optimizer steps", b.Steps)
	}
	return fmt.Sprintf("%v of training by the clock", b.Wall)
}
