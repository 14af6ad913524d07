package store

import (
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
)

// A trial says whether the mechanism that was replaced would have made it too, and whether its end was known before.
func TestLivedTellsWhatIsAMechanismsOwn(t *testing.T) {
	s := created(t)
	lived(t, s, 2)
	must(t, s.RecordOutcome(2, complete(2), false), s.RecordDecision("greedy", decide(2, false)))
	must(t, s.RecordSwitch(Switch{N: 0, Seq: 3, Kind: HandOver, From: "greedy", To: "tabu", Shadow: "greedy"}))
	step := func(seq int, shadow *wire.ShadowProposal, content string, pruning *wire.Pruning) {
		t.Helper()
		p, o, d := start(seq), complete(seq), decide(seq, false)
		p.Shadow, d.Pruning = shadow, pruning
		if content != "" {
			o.Content = content
		}
		must(t, s.RecordProposal("tabu", p), s.RecordOutcome(seq, o, false), s.RecordDecision("tabu", d))
	}
	step(3, &wire.ShadowProposal{Point: start(3).Proposal.Point}, "", &wire.Pruning{Is: 0.5})
	step(4, &wire.ShadowProposal{Unasked: true}, complete(1).Content, &wire.Pruning{Is: 0.5, Was: 0.5})
	step(5, &wire.ShadowProposal{Error: "fault"}, complete(1).Content+"?", nil)

	all := s.Lived()
	if len(all) != 5 || all[0].Seq != 1 {
		t.Fatalf("%d trials from %d, want 5 from 1: the baseline is nobody's", len(all), all[0].Seq)
	}
	for k, want := range []struct {
		mechanism   string
		same, known bool
	}{{"greedy", false, false}, {"greedy", false, false}, {"tabu", true, false}, {"tabu", false, true}, {"tabu", false, false}} {
		if got := all[k]; got.Mechanism != want.mechanism || got.Same != want.same || got.Known != want.known {
			t.Errorf("trial %d: %s, same %v, known %v; want %+v", got.Seq, got.Mechanism, got.Same, got.Known, want)
		}
	}
	// Where both stop a trial at one place they decide alike; a trial that only one stops is influence.
	if ts := s.Tenures()[1]; ts.Compared != 4 || ts.Differed != 2 {
		t.Errorf("tenure %+v, want 4 decisions compared and 2 of them otherwise: a proposal that was not asked, and a pruning", ts)
	}
}
