package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/memory"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// ancestors are the mechanisms of earlier runs that a new one is offered: only such as pass the gates of this version. What
// the gates say is noted in the memory.
func (j *job) ancestors(ctx context.Context, c *cli.Context, m *memory.Memory) ([]model.Ancestor, error) {
	var p *gen.Pipeline // made when the first source needs it
	some, err := m.Ancestors(j.meta.Simulated, func(x memory.Mechanism) (string, error) {
		if x.Passed == version() && settled(x.Passed) && x.Refused == "" {
			return "", nil
		}
		if p == nil {
			var err error
			if p, err = newPipeline(ctx); err != nil {
				return "", err
			}
		}
		return j.gates(ctx, c, p, m, x)
	})
	if err != nil {
		return nil, fmt.Errorf("mechanisms of earlier runs: %w; --no-memory goes without", err)
	}
	var offered []model.Ancestor
	for _, x := range some {
		offered = append(offered, model.Ancestor{Name: x.Name, Hash: x.Hash, Idea: x.Idea, Record: x.Words(), Source: x.Source})
	}
	return offered, nil
}

// settled reports whether a version names one state of the source: a release, or a commit that nothing was changed in.
func settled(version string) bool {
	return version != "devel" && version != "unknown" && !strings.HasSuffix(version, "-modified") && !strings.HasSuffix(version, "+dirty")
}

// gates passes a source through every gate, on the space of the run that is about to begin.
func (j *job) gates(ctx context.Context, c *cli.Context, p *gen.Pipeline, m *memory.Memory, x memory.Mechanism) (refused string, err error) {
	line := newOverwritten(c.App.ErrWriter)
	defer line.end()
	r, err := p.Test(ctx, []byte(x.Source), gen.Examination{
		Idea:    x.Name,
		Welcome: wire.Welcome{View: wire.View{RunSeed: j.meta.Seed, Space: j.meta.Space, Incumbent: -1, Parallel: 1, Limit: j.meta.Trials}},
		Step:    func(s gen.Step) { line.say("%s of an earlier run: %s …", x.Name, s.Name) },
	})
	if err != nil {
		return "", err
	}
	if !r.OK() {
		refused = r.Gate
		if len(r.Findings) > 0 {
			refused += ": " + r.Findings[0].Message
		}
	}
	return refused, m.Judge(x.Hash, version(), refused)
}

// figureSearches is how many searches each figure of a remembered mechanism is the mean of: three families that take part of a
// second, with a standard error of about a tenth of the regret.
const figureSearches = 8

// rememberMechanisms has the memory take in what level 2 made in a run, measured on surfaces in the binary it ran in.
func rememberMechanisms(ctx context.Context, m *memory.Memory, r *evolve.Run, st *store.Store, of memory.Run) (n int, err error) {
	l, ok := r.Inventor.(level2)
	if !ok {
		return 0, nil // a run without level 2, or with a control in its place, makes none
	}
	for _, x := range memory.Made(st, of) {
		x.Passed = version()
		before, err := m.FindMechanism(x.Hash)
		switch {
		case err == nil && len(before.Figures) > 0:
			x.Figures = before.Figures
		case err == nil || errors.Is(err, memory.ErrUnknown):
			made, _ := st.Mechanism(x.Name)
			runner, err := filepath.Abs(filepath.Join(st.Dir(), evolve.Binaries, made.Binary)) // it is run in another folder
			if err != nil {
				return n, err
			}
			if err := figures(ctx, l.pipeline, runner, &x); err != nil {
				return n, err
			}
		default:
			return n, err
		}
		if err := m.Remember(x); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// figures measures a mechanism and greedy on the same instances.
func figures(ctx context.Context, p *gen.Pipeline, runner string, x *memory.Mechanism) error {
	seeds, err := surfaces.Seeds(figureSearches) // the same for every mechanism, so that their figures are of one kind
	if err != nil {
		return err
	}
	order := surfaces.Order{Proposer: "rut", Seeds: seeds}
	for _, f := range surfaces.Families {
		order.Families = append(order.Families, f.Name)
	}
	b, err := p.Benchmark(ctx, build.Binary{Path: runner}, order)
	if u, ok := errors.AsType[*gen.UnmeasuredError](err); ok {
		x.Unmeasured = u.Error()
		return nil
	}
	if err != nil {
		return err
	}
	yardstick, err := catalog.Find("greedy")
	if err != nil {
		return err
	}
	beside, err := order.Measure(yardstick)
	if err != nil {
		return err
	}
	for k, f := range surfaces.Families {
		g := b.Current.Figures[k]
		x.Figures = append(x.Figures, memory.Figure{Family: f.Name, Null: f.Null, Searches: g.Searches, Regret: round(g.Regret30), Error: round(g.Error()), Greedy: round(beside[k].Regret30)})
	}
	return nil
}

// round keeps four digits after the point: more are never shown.
func round(x float64) float64 { return math.Round(1e4*x) / 1e4 }
