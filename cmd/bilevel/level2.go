package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed161a02ea/bilevel/cmd"
	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// level2 lets a run use gen, which the harness does not know.
type level2 struct{ pipeline *gen.Pipeline }

// newLevel2 finds the toolchain, so that a run that will need it and has none says so before its first trial, and begins
// to fill the build cache while the baseline trains.
func newLevel2(ctx context.Context, m model.Model, cache string, within []string) (level2, error) {
	p, err := gen.New(ctx, gen.Options{Model: m, Build: build.Options{Cache: cache, Parts: parts()}, Within: within, Limit: trialCPU})
	if err != nil {
		return level2{}, fmt.Errorf("level 2: %w; or leave level 2 out with --invent-every 0", err)
	}
	go func() {
		// What goes wrong here goes wrong again, and is reported, when level 2 needs it.
		_ = p.Prewarm(ctx)
	}()
	return level2{p}, nil
}

// parts are the sources that a runner is compiled from; the tool carries them.
func parts() []build.Part {
	return []build.Part{{Dir: "cmd", Files: cmd.Source}, {Dir: "harness", Files: harness.Source}, {Dir: "mechanisms", Files: mechanisms.Source}}
}

// Invent implements evolve.Inventor.
func (l level2) Invent(ctx context.Context, o evolve.Occasion) (evolve.Invention, error) {
	return invention(ctx, l.pipeline.Invent, o)
}

// A placebo is level 2 of the control that hands over to what decides as before.
type placebo struct{ pipeline *gen.Pipeline }

// Invent implements evolve.Inventor.
func (p placebo) Invent(ctx context.Context, o evolve.Occasion) (evolve.Invention, error) {
	return invention(ctx, p.pipeline.Placebo, o)
}

// invention asks gen in its own words and returns what came of it in the run's.
func invention(ctx context.Context, ask func(context.Context, gen.Occasion) (gen.Invention, error), o evolve.Occasion) (evolve.Invention, error) {
	inv, err := ask(ctx, gen.Occasion{
		Cycle: o.Cycle, Every: o.Every, Task: o.Task, Welcome: o.Welcome, Mechanism: o.Mechanism, Source: o.Source,
		Influence: o.Influence, Tried: o.Tried, Sources: o.Sources, Ancestors: o.Ancestors,
		Step: func(s gen.Step) { o.Step(evolve.Step(s)) },
	})
	if err != nil {
		return evolve.Invention{}, err
	}
	e := evolve.Invention{
		Outcome: evolve.Outcome(inv.Outcome), Why: inv.Why, Name: inv.Name, Hash: inv.Hash, Source: inv.Source,
		Path: inv.Path, Binary: inv.Binary, Spec: inv.Spec, Build: inv.Build, Record: inv.Dialogue,
	}
	for _, s := range inv.Steps {
		e.Steps = append(e.Steps, evolve.Step(s))
	}
	if inv.Outcome == gen.Ready {
		if e.Findings, err = json.Marshal(inv.Rehearsal); err != nil {
			return evolve.Invention{}, fmt.Errorf("record rehearsal of %s: %w", inv.Name, err)
		}
	}
	for i, c := range inv.Refused {
		m, err := refused(o, i, c)
		if err != nil {
			return evolve.Invention{}, err
		}
		e.Refused = append(e.Refused, m)
	}
	return e, nil
}

// refused is a candidate as the record keeps it. Two candidates can be the same text, so the name says which attempt it was.
func refused(o evolve.Occasion, attempt int, c gen.Candidate) (store.Mechanism, error) {
	findings, err := json.Marshal(c.Findings)
	if err != nil {
		return store.Mechanism{}, fmt.Errorf("record findings of %s: %w", c.Name, err)
	}
	return store.Mechanism{
		Name: fmt.Sprintf("%s (cycle %d, attempt %d)", c.Name, o.Cycle, attempt+1), Hash: c.Hash, Parent: o.Mechanism, Idea: c.Idea,
		Status: store.Refused, Reason: c.Reason(), Source: c.Source, Findings: findings, Cycle: o.Cycle,
	}, nil
}
