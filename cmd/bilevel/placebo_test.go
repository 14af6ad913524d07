package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
)

// The control for hand-overs: every ten trials a fresh binary is built, passes the gates, is exec'd by the runner and takes
// the search over, and decides as before. All that a run without level 2 records, the other records to the last bit.
func TestARunWithPlacebosEqualsOneWithoutToTheLastBit(t *testing.T) {
	tool := toolBinary(t)
	plain, _ := recordOf(t, tool, nil, evolve.Settings{})
	placebos, s := recordOf(t, tool, func(p *gen.Pipeline) evolve.Inventor { return placebo{p} }, evolve.Settings{InventEvery: 5, KeepInert: true})
	if plain != placebos {
		t.Errorf("record with placebos\n%.4000s\nwant that without\n%.4000s", placebos, plain)
	}
	switches, binaries := s.Switches(), map[string]bool{}
	for _, x := range switches {
		m, _ := s.Mechanism(x.To)
		binaries[m.Binary] = true
		if x.Kind != store.HandOver {
			t.Errorf("%+v; want nothing but hand-overs", x)
		}
		if i := evolve.Influence(s.Tenures(), x.To); i.Compared != 10 || i.Differed != 0 {
			t.Errorf("%s: %d of %d decisions differ, want none of 10", x.To, i.Differed, i.Compared)
		}
	}
	if len(switches) != 3 || len(binaries) != 3 {
		t.Errorf("%d hand-overs to %d binaries, want 3 to 3", len(switches), len(binaries))
	}
}

// recordOf runs 20 trials in contained processes, and returns what was decided: proposals, outcomes, verdicts and what was
// asked of the model, but not by whom.
func recordOf(t *testing.T, tool string, inventor func(*gen.Pipeline) evolve.Inventor, settings evolve.Settings) (string, *store.Store) {
	t.Helper()
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "run")
	spec := task.Spec{Kind: task.KindSurface}
	tk, err := task.Open(ctx, spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	space := tk.Space()
	s, err := store.Create(dir, store.Meta{
		Seed: 3, Task: spec, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy", Noise: task.Noise(tk), Parallel: 1, Trials: 20,
		Model: "simulated (rut)", Simulated: true, Program: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	x := itself{file: tool}
	if x.held, err = contain.Probe(ctx, tool); err != nil {
		t.Fatal(err)
	}
	within, err := x.running(s)
	if err != nil {
		t.Fatal(err)
	}
	memo, err := store.OpenMemo(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer memo.Close()
	pool, err := x.trainers(spec, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	sim, err := simulated.New("rut")
	if err != nil {
		t.Fatal(err)
	}
	r := &evolve.Run{
		Settings: settings, Store: s, Task: tk, Trainers: pool, Memo: memo, Model: model.Recorded(sim, s), Limits: evolve.DefaultLimits, Within: within,
		Base: x.runner,
	}
	if inventor != nil {
		p, err := gen.New(ctx, gen.Options{Build: build.Options{Cache: t.TempDir(), Parts: parts()}, Within: x.trying(), Limit: trialCPU})
		if err != nil {
			t.Fatal(err)
		}
		r.Inventor = inventor(p)
	}
	if err := r.Go(ctx); err != nil {
		t.Fatal(err)
	}
	return decisionsOf(t, s), s
}

func decisionsOf(t *testing.T, s *store.Store) string {
	t.Helper()
	details, err := s.Details()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, d := range details {
		p := d.Start.Proposal
		fmt.Fprintf(&text, "%d %v %q %q %s %q | %s %x %v %t\n", d.Seq, p.Point, p.Why, p.By, d.Start.Status, d.Start.Reason, d.Outcome.Status, d.Outcome.Result.BPB, d.Outcome.Result.Curve, d.Kept)
	}
	chats, err := s.EventsOf("chat")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range chats {
		fmt.Fprintf(&text, "%s %s\n", e.Key, e.Body)
	}
	return text.String()
}
