package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// hostile is text as a model might write it to break out of a page.
const hostile = `</script></style><img src=x onerror=alert(1)><script>alert("out")</script>`

const source = "// Package fold turns back.\npackage fold\n\nconst greeting = \"a < b\"\n"

// kept is how many of the trials below are kept, the baseline one of them.
const kept = 5

// bpbs are the results of the trials below; 0 stands for a trial without one.
var bpbs = []float64{2, 2.03125, 0, 1.9375, 1.9687500000000002, 1.8, 0, 9.5, 1.79, 1.75, 1.9}

// lived is a run in which everything happened that a page has to show: every outcome, level 1.5, a hand-over, a shadow that
// would have done otherwise, that was not asked and that failed, a quarantine, refused sources and hostile texts.
func lived(t *testing.T) *store.Store {
	t.Helper()
	space := mechanisms.Space{Name: "two", Params: []mechanisms.Param{
		{Name: "A", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
		{Name: "B", Kind: mechanisms.Pow2, Min: 1, Max: 64, Default: 8},
		{Name: "C", Kind: mechanisms.Choice, Max: 1, Choices: []string{"left", "right"}},
	}}
	s, err := store.Create(t.TempDir(), store.Meta{
		Seed: 7, Task: task.Spec{Kind: task.KindGPT, Size: "tiny"}, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy",
		Parallel: 1, Trials: 12, Model: "simulated (test)", Simulated: true, Program: "test",
	})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	for seq, bpb := range bpbs {
		happen(t, s, seq)
		by, _ := s.InCharge()
		must(t, s.RecordProposal(by, proposed(seq)), s.RecordOutcome(seq, ended(seq, bpb), seq == 5), s.RecordDecision(by, decided(seq)))
	}
	must(t, s.RecordProposal("greedy", proposed(len(bpbs)))) // in training
	return s
}

// happen is what goes before trial seq.
func happen(t *testing.T, s *store.Store, seq int) {
	t.Helper()
	switch seq {
	case 3:
		must(t, s.RecordChat("steer/3", model.Request{Level: model.Level15, Purpose: "steer"}, model.Reply{Text: "ok", TokensIn: 11, TokensOut: 5}))
		must(t, s.RecordSteering(store.Steer{Steering: mechanisms.Steering{Frozen: []string{"B"}, Strategy: "explore", Guidance: hostile, Since: 3}, Took: 2_500_000_000}))
	case 4:
		invented(t, s)
		must(t, s.RecordSwitch(store.Switch{N: 0, Seq: 4, Kind: store.HandOver, From: "greedy", To: "fold-abc123", Why: "turn back", Shadow: "greedy", Replay: true}))
	case 7:
		must(t, s.RecordGuidance(store.Guidance{N: 1, From: 7, Text: "Lower A. " + hostile, Via: "watch"}, 1), s.RecordGuidance(store.Guidance{N: 2, From: 7, Refused: "guidance/2.json holds no guidance in JSON"}, 2))
	case 9:
		must(t, s.RecordSwitch(store.Switch{N: 1, Seq: 9, Kind: store.Quarantine, From: "fold-abc123", To: "greedy", Why: "it panicked: " + hostile}))
	}
}

func invented(t *testing.T, s *store.Store) {
	t.Helper()
	text := func(v any) json.RawMessage {
		b, err := json.Marshal(v)
		must(t, err)
		return b
	}
	must(t,
		s.RecordMechanism(store.Mechanism{
			Name: "bad-000000 (cycle 1, attempt 1)", Parent: "greedy", Idea: hostile, Status: store.Refused, Reason: "vet: it loops", Source: "package bad // " + hostile, Cycle: 1,
			Findings: text([]map[string]any{{"gate": "vet", "rule": "endings", "line": 3, "message": "the loop has no end that can be seen"}}),
		}, nil),
		s.RecordMechanism(store.Mechanism{
			Name: "fold-abc123", Hash: "abc123", Parent: "greedy", Idea: "turn back", Status: store.Ready, Source: source, Spec: "{}", Cycle: 1,
			Findings: text(map[string]any{"decisions": 80, "differs": 15, "next": "A 0.5 → 0.4", "replay": Replay{Surfaces: []Tally{{"gptsim", 60, 32}}, Harm: surfaces.Harm{Searches: 12, Loss: 1.25, Beside: 0.75}, Uncompared: []string{hostile}}, "examples": []Example{{Where: "trace", Seq: 2, What: "proposal", Is: "A 0.5 → 0.4", Was: hostile}}}),
		}, []Step{{Name: "build", OK: true, Took: 1_500_000_000, Detail: "2772 KiB"}}),
		s.RecordCycle(store.Cycle{N: 1, Seq: 4, Outcome: "ready", Mechanism: "fold-abc123", Why: "turn back", Dialogue: text([]Round{{Purpose: "explore", Reply: hostile, Model: "simulated", Simulated: true}}), Took: 3_250_000_000}),
	)
}

// proposed has a shadow while the new mechanism is in charge: it agrees at trial 4, has another point at 5, was not asked
// at 6 and failed at 7.
func proposed(seq int) wire.Start {
	x := wire.Start{ProposeNS: 1000, Proposal: mechanisms.Proposal{Seq: seq, Point: mechanisms.Point{0.5 - float64(seq)/32, float64(int(8) << (seq % 2)), 0}, Why: fmt.Sprint("reason ", seq), By: "model"}}
	if seq == 0 {
		x.Proposal.Point = mechanisms.Point{0.5, 8, 0}
	}
	switch seq {
	case 4, 8:
		x.Shadow = &wire.ShadowProposal{Point: x.Proposal.Point}
	case 5:
		x.Shadow = &wire.ShadowProposal{Point: mechanisms.Point{0.25, 8, 0}}
	case 6:
		x.Shadow = &wire.ShadowProposal{Unasked: true}
	case 7:
		x.Shadow = &wire.ShadowProposal{Error: "it panicked"}
	}
	return x
}

func ended(seq int, bpb float64) task.Outcome {
	curve := []mechanisms.Sample{{Fraction: 0.25, BPB: 3 - float64(seq)/50}, {Fraction: 0.5, BPB: 2.5 - float64(seq)/50}}
	switch {
	case seq == 2:
		return task.Outcome{Status: mechanisms.Diverged, Reason: "training loss above 100 nats per token"}
	case bpb == 0:
		return task.Outcome{Status: mechanisms.Pruned, Reason: "stopped at half its budget", Result: task.Result{Curve: curve}}
	}
	return task.Outcome{Status: mechanisms.Complete, Content: fmt.Sprint("content ", seq), Result: task.Result{BPB: bpb, Curve: curve, Steps: 10, Tokens: 100, Seconds: 1.5}}
}

// decided has the shadow of another mind at trial 5, and one that fails when it learns of trial 8.
func decided(seq int) wire.Decide {
	d := wire.Decide{Seq: seq, State: []byte(`{}`), AcceptNS: 10, ObserveNS: 20}
	switch seq {
	case 0, 3, 5, 8, 9:
		d.Kept = true
	}
	yes, no := true, false
	switch seq {
	case 4, 5, 7:
		d.ShadowKept = &no
	case 8:
		d.ShadowKept, d.ShadowError = &yes, "it panicked"
	}
	return d
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func gathered(t *testing.T, s *store.Store) *Run {
	t.Helper()
	r, err := Gather(s)
	must(t, err)
	return r
}

func pageOf(t *testing.T, r *Run) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, r.Page(&b, nil))
	return b.Bytes()
}
