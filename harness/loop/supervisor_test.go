package loop

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// A fakeSupervisor answers a session in the test's own process, and keeps what it was told.
type fakeSupervisor struct {
	t      *testing.T
	view   wire.View // as a new runner would be given it
	steer  func(seq int) mechanisms.Steering
	train  func(mechanisms.Proposal) mechanisms.Trial
	execAt int // Seq at which the order to exec is given; 0 never

	welcome  wire.Welcome
	starts   []wire.Start
	decides  []wire.Decide
	faults   []wire.Fault
	asked    []wire.Suggest
	prunes   []wire.Prune
	greeting wire.Hello
	most     int // trials in training at a time
}

var testSpace = mechanisms.Space{Name: "test", Params: []mechanisms.Param{
	{Name: "RATE", Kind: mechanisms.Float, Min: 0.001, Max: 1, Default: 0.1, Log: true},
	{Name: "WIDTH", Kind: mechanisms.Pow2, Min: 16, Max: 256, Default: 64},
	{Name: "SHAPE", Kind: mechanisms.Choice, Max: 2, Choices: []string{"a", "b", "c"}},
	{Name: "LAYERS", Kind: mechanisms.Int, Min: 1, Max: 9, Default: 4},
	{Name: "DECAY", Kind: mechanisms.Float, Max: 1, Default: 0.5},
}}

func bowl(p mechanisms.Proposal) mechanisms.Trial {
	t := mechanisms.Trial{Seq: p.Seq, Point: p.Point, Status: mechanisms.Complete, By: p.By, Why: p.Why, BPB: 1}
	for i, q := range testSpace.Params {
		d := q.Unit01(p.Point[i]) - 0.7
		t.BPB += d * d
	}
	for _, f := range []float64{0.25, 0.5, 0.75} {
		t.Curve = append(t.Curve, mechanisms.Sample{Fraction: f, BPB: t.BPB + 1 - f})
	}
	if p.Seq%7 == 5 {
		t.Status, t.BPB, t.Reason = mechanisms.Diverged, math.NaN(), "training loss is NaN"
	}
	return t
}

func newFake(t *testing.T, limit, parallel int) *fakeSupervisor {
	return &fakeSupervisor{
		t: t, train: bowl, steer: func(int) mechanisms.Steering { return mechanisms.Steering{} },
		view: wire.View{RunSeed: 3, Space: testSpace, Incumbent: -1, Parallel: parallel, Limit: limit},
	}
}

// serve runs a session of the mechanisms to its end against the fake, and returns what the session returned.
func (f *fakeSupervisor) serve(current, shadow mechanisms.Entry, state []byte) (*wire.Exec, error) {
	f.t.Helper()
	fromRunner, toSupervisor := io.Pipe()
	fromSupervisor, toRunner := io.Pipe()
	f.welcome = wire.Welcome{View: clone(f.t, f.view), State: state}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := bufio.NewReader(fromRunner)
		for {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			var q wire.Message
			if err := json.Unmarshal(line, &q); err != nil {
				f.t.Errorf("runner sent %q: %v", line, err)
				return
			}
			a := f.answer(q)
			a.N = q.N
			b, err := json.Marshal(a)
			if err != nil {
				f.t.Error(err)
			}
			if _, err := toRunner.Write(append(b, '\n')); err != nil {
				return
			}
		}
	}()
	s, err := greet(newConn(fromSupervisor, toSupervisor), current, shadow)
	var exec *wire.Exec
	if err == nil {
		exec, err = s.run(context.Background())
	}
	toSupervisor.Close()
	fromSupervisor.Close()
	<-done
	return exec, err
}

func (f *fakeSupervisor) answer(q wire.Message) wire.Message {
	switch {
	case q.Hello != nil:
		f.greeting = *q.Hello
		return wire.Message{Welcome: &f.welcome}
	case q.Next != nil:
		g := wire.Go{Steer: f.steer(q.Next.Seq), Stop: q.Next.Seq > f.view.Limit}
		if f.execAt > 0 && q.Next.Seq == f.execAt {
			g.Exec = &wire.Exec{Path: "/fresh", Hash: "00"}
		}
		f.view.Steer = g.Steer
		return wire.Message{Go: &g}
	case q.Suggest != nil:
		f.asked = append(f.asked, *q.Suggest)
		return f.suggest(*q.Suggest)
	case q.Start != nil:
		f.starts = append(f.starts, *q.Start)
		f.view.Pending = append(f.view.Pending, *q.Start)
		f.most = max(f.most, len(f.view.Pending))
	case q.Await != nil:
		return f.await(*q.Await)
	case q.Prune != nil:
		f.prunes = append(f.prunes, *q.Prune)
	case q.Decide != nil:
		f.decide(*q.Decide)
	case q.Fault != nil:
		f.faults = append(f.faults, *q.Fault)
	}
	return wire.Message{OK: &wire.OK{}}
}

func (f *fakeSupervisor) suggest(q wire.Suggest) wire.Message {
	v := mechanisms.View{Seq: q.Seq, Space: f.view.Space, Trials: f.view.Trials, Steer: q.Steer, Incumbent: f.view.Trials[f.view.Incumbent]}
	for _, p := range f.view.Pending {
		v.Pending = append(v.Pending, p.Proposal)
	}
	p, err := standin.Suggest(v, uint64(q.Call))(context.Background(), q.Hint)
	if err != nil {
		return wire.Message{Suggestion: &wire.Suggestion{Error: err.Error()}}
	}
	return wire.Message{Suggestion: &wire.Suggestion{Proposal: p}}
}

func (f *fakeSupervisor) await(q wire.Await) wire.Message {
	if f.view.Pending[0].Proposal.Seq != q.Seq {
		f.t.Errorf("runner awaits trial %d, the oldest in training is %d", q.Seq, f.view.Pending[0].Proposal.Seq)
	}
	p := f.view.Pending[0]
	t := f.train(p.Proposal)
	if p.Status != "" {
		t = mechanisms.Trial{Seq: q.Seq, Point: p.Proposal.Point, Status: p.Status, Reason: p.Reason}
	}
	if len(f.prunes) > 0 && f.prunes[len(f.prunes)-1].Seq == q.Seq {
		t.Status, t.BPB = mechanisms.Pruned, math.NaN()
		t.Curve = slices.DeleteFunc(slices.Clone(t.Curve), func(c mechanisms.Sample) bool { return c.Fraction > f.prunes[len(f.prunes)-1].At })
	} else if q.Curve >= 0 && q.Curve < len(t.Curve) {
		return wire.Message{Outcome: &wire.Outcome{Curve: t.Curve[q.Curve:]}}
	}
	return wire.Message{Outcome: &wire.Outcome{Trial: &t}}
}

func (f *fakeSupervisor) decide(d wire.Decide) {
	f.decides = append(f.decides, d)
	p := f.view.Pending[0]
	t := f.train(p.Proposal)
	if p.Status != "" {
		t = mechanisms.Trial{Seq: d.Seq, Point: p.Proposal.Point, Status: p.Status, Reason: p.Reason, BPB: math.NaN()}
	}
	t.Kept = d.Kept
	f.view.Pending = f.view.Pending[1:]
	f.view.Trials = append(f.view.Trials, t)
	if d.Kept {
		f.view.Incumbent = d.Seq
	}
}

// trace is what a run did, without times.
func (f *fakeSupervisor) trace() string {
	var text string
	for i, d := range f.decides {
		text += fmt.Sprintln(f.starts[i].Proposal.Point, f.starts[i].Proposal.By, f.starts[i].Status, d.Kept, string(d.State))
	}
	return text
}

func clone[T any](t *testing.T, v T) (c T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustRehearsal(t *testing.T, text string) (r Rehearsal) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("rehearsal printed %q: %v", text, err)
	}
	return r
}
