package simulated_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/steer"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func TestSteeringFreezesWhatFailedAndPointsToTheUntouched(t *testing.T) {
	v := view(gptSpace(), 1)
	for k := range 4 { // WEIGHT_DECAY fails four times
		trial := add(&v, v.Trials[0].Point.With(9, 0.1-0.02*float64(k)), mechanisms.Complete)
		v.Trials[trial.Seq].Kept = false
	}
	v.Incumbent = 0
	s, record, err := steer.Decide(context.Background(), newModel(t, "rut"), steer.Input{View: v, Seq: 5, Every: 5})
	if err != nil || record.Unchanged || !record.Simulated {
		t.Fatalf("Decide: %v, %+v", err, record)
	}
	if !slices.Equal(s.Frozen, []string{"WEIGHT_DECAY"}) {
		t.Errorf("frozen %v, want WEIGHT_DECAY", s.Frozen)
	}
	if strings.Contains(s.Guidance, "WEIGHT_DECAY") || !strings.Contains(s.Guidance, "DEPTH") {
		t.Errorf("guidance %q, want it to name untouched parameters only", s.Guidance)
	}
	if s.Since != 5 {
		t.Errorf("since %d, want 5", s.Since)
	}
}

func TestSteeringFreesEverythingWhenStuck(t *testing.T) {
	v := view(gptSpace(), 1)
	for k := range 11 {
		trial := add(&v, v.Trials[0].Point.With(7, 0.04+0.002*float64(k+1)), mechanisms.Complete)
		v.Trials[trial.Seq].Kept = false
	}
	v.Incumbent, v.Steer.Frozen = 0, []string{"DEPTH", "WEIGHT_DECAY"}
	s, _, err := steer.Decide(context.Background(), newModel(t, "rut"), steer.Input{View: v, Seq: 12, Every: 5})
	if err != nil || len(s.Frozen) != 0 || s.Strategy != "explore" {
		t.Errorf("steering %+v, %v; want nothing frozen and strategy explore", s, err)
	}
}

// TestSteeringStaysWithinItsBounds goes through whole runs; Decide refuses what is out of bounds.
func TestSteeringStaysWithinItsBounds(t *testing.T) {
	for seed := range uint64(3) {
		f := lived(t, seed, 30)
		v := view(f.Space, seed)
		for k, trial := range f.Trials {
			if k == 0 {
				continue
			}
			v.Trials = append(v.Trials, trial)
			if trial.Kept {
				v.Incumbent = trial.Seq
			}
			if k%5 != 0 {
				continue
			}
			s, record, err := steer.Decide(context.Background(), newModel(t, "rut"), steer.Input{View: v, Seq: k + 1, Every: 5})
			if err != nil || len(record.Unusable) > 0 {
				t.Fatalf("seed %d, trial %d: %v, %v", seed, k, err, record.Unusable)
			}
			v.Steer = s
		}
	}
}
