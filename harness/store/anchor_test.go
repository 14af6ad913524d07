package store

import (
	"math"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Repeats of the default point give the noise; repeats of the incumbent give its mean, by which later trials are judged.
func TestAnchorsTellTheNoiseAndCorrectTheIncumbent(t *testing.T) {
	s := created(t)
	lived(t, s, 3)
	anchor := func(n, of, before int, bpb float64) Anchor {
		o := complete(of)
		o.Result.BPB, o.Result.Seconds = bpb, float64(n)
		return Anchor{N: n, Of: of, Before: before, Outcome: o}
	}
	first := s.View()
	if first.Again != nil || first.Noise != testMeta().Noise {
		t.Fatalf("before any anchor: %+v, noise %v", first.Again, first.Noise)
	}
	base, stands := first.Trials[0].BPB, first.Trials[2].BPB
	must(t, s.RecordAnchor(anchor(1, 0, 3, base+0.1)))
	if v := s.View(); v.Noise != testMeta().Noise {
		t.Errorf("noise after one repeat: %v, want what the task says, %v", v.Noise, testMeta().Noise)
	}
	failed := anchor(3, 0, 3, 0)
	failed.Outcome = task.Outcome{Status: mechanisms.Crashed, Reason: "on purpose"}
	must(t, s.RecordAnchor(anchor(2, 0, 3, base-0.1)), s.RecordAnchor(failed), s.RecordAnchor(anchor(4, 2, 3, stands+0.06)), s.RecordAnchor(anchor(5, 2, 3, stands+0.03)))
	v := s.View()
	// The incumbent was chosen for its first value, so only its two repeats count: SS = 2·0.1² + 2·0.015², ν = 2 + 1.
	if want := math.Sqrt((2*0.01 + 2*0.000225) / 3); math.Abs(v.Noise-want) > 1e-12 {
		t.Errorf("noise %v, want %v", v.Noise, want)
	}
	if v.Again == nil || v.Again.Seq != 2 || v.Again.Times != 3 || math.Abs(v.Judged().BPB-(stands+0.03)) > 1e-12 || v.Standing().BPB != stands {
		t.Errorf("incumbent trained again: %+v, judged by %v; want 3 times with mean %v", v.Again, v.Judged().BPB, stands+0.03)
	}
	all, err := s.Anchors()
	if err != nil || len(all) != 5 || all[4].Outcome.Result.Seconds != 5 {
		t.Errorf("anchors: %+v, %v; want five with their times", all, err)
	}
	if err := s.RecordAnchor(anchor(7, 0, 3, 1)); err == nil {
		t.Error("anchor 7 was recorded after anchor 5")
	}
	if err := s.RecordAnchor(anchor(6, 3, 4, 1)); err == nil {
		t.Error("a repeat of a trial that is not decided was recorded")
	}
	must(t, s.RecordOutcome(3, complete(3), false), s.RecordDecision("greedy", decide(3, true)))
	if v := s.View(); v.Again != nil || v.Judged().BPB != v.Standing().BPB {
		t.Errorf("a new incumbent is judged by the repeats of the old one: %+v", v.Again)
	}
}
