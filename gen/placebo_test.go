package gen

import (
	"context"
	"strings"
	"testing"
)

// A placebo passes every gate that a mechanism passes, is another binary every cycle, and the same one on every occasion of
// the cycle; nothing is asked of a model.
func TestPlacebosPassTheGatesAndAreBuiltOnce(t *testing.T) {
	p, ctx := newPipeline(t, nil), context.Background()
	first, err := p.Placebo(ctx, occasion(10))
	if err != nil || first.Outcome != Ready || first.Rehearsal.Decisions == 0 || first.Rehearsal.Differs != 0 {
		t.Fatalf("placebo: %s with rehearsal %+v, %v; want one that is ready and never differs", first.Outcome, first.Rehearsal, err)
	}
	if got := len(first.Steps); got != len(Gates()) {
		t.Errorf("it passed %d steps, want all %d", got, len(Gates()))
	}
	again, err := p.Placebo(ctx, occasion(12))
	if err != nil || again.Binary != first.Binary {
		t.Errorf("on another view the placebo of the cycle has binary %.12s (%v), want %.12s", again.Binary, err, first.Binary)
	}
	o := occasion(20)
	o.Cycle, o.Mechanism, o.Source = 2, first.Name, first.Source
	second, err := p.Placebo(ctx, o)
	if err != nil || second.Hash == first.Hash || second.Binary == first.Binary {
		t.Errorf("second placebo: %v with hash %.12s; want one that is not the first", err, second.Hash)
	}
	o = occasion(10)
	o.Mechanism = "foldover"
	if _, err := p.Placebo(ctx, o); err == nil || !strings.Contains(err.Error(), "--mechanism greedy") {
		t.Errorf("a placebo of foldover gave %v", err)
	}
	// What is no placebo is refused as one.
	shadow, err := p.predecessor(ctx, "greedy", "")
	if err != nil {
		t.Fatal(err)
	}
	w := work{p: p, src: []byte(read(t, "../mechanisms/bandit/bandit.go")), shadow: shadow, welcome: occasion(10).Welcome, placebo: true}
	if findings, err := w.through(ctx, "", nil); err != nil || len(findings) != 1 || findings[0].Rule != "placebo" {
		t.Errorf("bandit as a placebo: %v, %v; want it refused", findings, err)
	}
}
