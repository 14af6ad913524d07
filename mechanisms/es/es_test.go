package es

import (
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The step size must stand still where one trial in five succeeds, and must not leave its bounds.
func TestStepSizeFollowsTheOneFifthRule(t *testing.T) {
	m := New()
	for k := range 50 {
		m.Observe(mechanisms.Trial{By: name, Kept: k%5 == 0})
	}
	if math.Abs(m.Sigma-first) > 1e-9 {
		t.Errorf("after one success in five the step size is %v, want %v", m.Sigma, first)
	}
	m.Observe(mechanisms.Trial{By: "model", Kept: true})
	if math.Abs(m.Sigma-first) > 1e-9 {
		t.Error("a trial of another mechanism changed the step size")
	}
	for range 40 {
		m.Observe(mechanisms.Trial{By: name})
	}
	if m.Sigma != least {
		t.Errorf("after 40 failures the step size is %v, want the least, %v", m.Sigma, least)
	}
}
