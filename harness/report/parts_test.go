package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func TestAMechanismsPageSaysWhatItDidInCharge(t *testing.T) {
	r := gathered(t, lived(t))
	got, want := r.Service("fold-abc123"), evolve.Influence(r.Tenures, "fold-abc123")
	for _, words := range []string{
		"from trial 4; ", fmt.Sprintf("%d proposals, which changed the incumbent by %+.6f bits per byte", want.Proposals, -want.Gain),
		fmt.Sprintf("%d of %d decisions were not those of greedy", want.Differed, want.Compared), "taken out before trial 9 (quarantine): it panicked",
	} {
		if !strings.Contains(got, words) {
			t.Errorf("fold-abc123 did %q, want %q in it", got, words)
		}
	}
	if got := r.Service("never-made"); got != "" {
		t.Errorf("a mechanism that was never in charge did %q", got)
	}
}

func TestWhatEarlierRunsTaughtIsOnThePage(t *testing.T) {
	r := gathered(t, lived(t))
	if page := pageOf(t, r); bytes.Contains(page, []byte("What earlier runs taught")) {
		t.Error("the page of a run that was told nothing speaks of what it was told")
	}
	r.Meta.Lessons = []mechanisms.Lesson{{Text: "Raising it helped. " + hostile, Param: "A", Direction: 1, Effect: -0.25, Confidence: 0.5}}
	r.Meta.Settings = json.RawMessage(`{"memory": {"ancestors": [{"name": "old-abcdef", "idea": "an old idea", "source": "package old"}]}}`)
	page := pageOf(t, r)
	lessons, _ := table(t, page, "lessons")
	if len(lessons) != 1 || lessons[0][0] != "A" || lessons[0][2] != "-0.250000" || lessons[0][3] != "0.50" {
		t.Errorf("lessons %q", lessons)
	}
	if offered, _ := table(t, page, "ancestors"); len(offered) != 1 || offered[0][0] != "old-abcdef" || offered[0][1] != "an old idea" {
		t.Errorf("mechanisms of earlier runs %q", offered)
	}
	if bytes.Contains(page, []byte("<script>alert")) {
		t.Error("a lesson broke out")
	}
	r.Meta.Settings = json.RawMessage(`{`)
	if err := r.Page(io.Discard, nil); err == nil || !strings.Contains(err.Error(), "settings") {
		t.Errorf("settings that cannot be read gave the error %v", err)
	}
}

func TestPointsTrainedAgainAreShownAndNoTrials(t *testing.T) {
	r := gathered(t, lived(t))
	trials := len(r.Trials)
	r.Anchors = []store.Anchor{
		{N: 1, Before: 5, Outcome: task.Outcome{Status: mechanisms.Complete, Result: task.Result{BPB: 1.96875}}},
		{N: 2, Of: 9, Before: 10, Outcome: task.Outcome{Status: mechanisms.Crashed}},
	}
	page := pageOf(t, r)
	shown, exact := table(t, page, "anchors")
	if len(shown) != 2 || number(t, exact[0][2]) != 1.96875 || shown[0][3] != "-0.031250" || shown[1][2] != "crashed" {
		t.Errorf("points trained again: %q", shown)
	}
	if rows, _ := table(t, page, "trials"); len(rows) != trials {
		t.Errorf("%d trials are shown, want %d", len(rows), trials)
	}
	if p := r.progressOf(0.5); len(p.again) != 1 || p.again[0].X != 4.5 || p.again[0].Y != 1.96875 {
		t.Errorf("the picture shows points trained again at %v", p.again)
	}
}

func TestRestartsAreMarked(t *testing.T) {
	r := gathered(t, lived(t))
	r.Restarts = []store.Restart{{Seq: 6, From: 5}, {Seq: 9, From: 8}}
	page := string(pageOf(t, r))
	for _, want := range []string{"before trial 6, before trial 9: ", ">history cleared</text>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
