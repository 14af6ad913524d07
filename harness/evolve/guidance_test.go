package evolve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/guide"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// What a person says while a trial is decided is in force for the next one: in the mechanism's view, which the question to
// the model comes from, in the prompt, and so in the proposal.
func TestAPersonIsHeardByTheNextProposal(t *testing.T) {
	s := newStage(t, t.TempDir(), 9, 1)
	said := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	s.Tell = func(e Event) {
		s.events = append(s.events, e)
		if e.Kind != EventDecided {
			return
		}
		switch e.Seq {
		case 3:
			_, err := guide.Send(s.Store.Dir(), 0, "Change EMBEDDING_LR, and nothing else.", "guide")
			said(err)
			_, err = guide.Send(s.Store.Dir(), 0, "Lower WEIGHT_DECAY.", "watch")
			said(err)
		case 7:
			_, err := guide.Withdraw(s.Store.Dir(), 0, "guide")
			said(err)
		}
	}
	s.mustGo(t)
	want := []store.Guidance{
		{N: 1, From: 4, Text: "Change EMBEDDING_LR, and nothing else.", Via: "guide"}, {N: 2, From: 4, Text: "Lower WEIGHT_DECAY.", Via: "watch"}, {N: 3, From: 8, Via: "guide"},
	}
	got := s.Store.Guidance()
	if len(got) != len(want) {
		t.Fatalf("on record is %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("on record is %+v, want %+v", got[i], want[i])
		}
	}
	v := s.Store.View()
	at := v.Space.Index("WEIGHT_DECAY")
	before := mechanisms.Incumbents(v.Trials)[4].Point
	if changed := v.Space.Changed(before, v.Trials[4].Point); len(changed) != 1 || changed[0] != at || v.Trials[4].Point[at] >= before[at] {
		t.Errorf("trial 4 changes %s, want WEIGHT_DECAY lowered", v.Space.Diff(before, v.Trials[4].Point))
	}
	chats, err := s.Store.Chats()
	if err != nil {
		t.Fatal(err)
	}
	quoted, steered := map[int]bool{}, false
	for _, c := range chats {
		text := c.Request.Messages[1].Content
		has := strings.Contains(text, "A person who watches the run wrote this before trial 4:\n```data\nLower WEIGHT_DECAY.\n```")
		quoted[c.Request.Turn] = quoted[c.Request.Turn] || has
		steered = steered || has && c.Request.Purpose == "steer"
		if strings.Contains(text, "and nothing else") {
			t.Errorf("the prompt of trial %d quotes what was replaced", c.Request.Turn)
		}
	}
	for seq := 1; seq <= 9; seq++ {
		if want := 4 <= seq && seq <= 7; quoted[seq] != want {
			t.Errorf("trial %d: the person is quoted: %v, want %v", seq, quoted[seq], want)
		}
	}
	if !steered {
		t.Error("level 1.5 was not told what the person wants")
	}
	for _, act := range s.Store.Steering() {
		if act.Steering.Person != (mechanisms.Advice{}) {
			t.Errorf("the act of level 1.5 before trial %d records a person's words as its own: %+v", act.Steering.Since, act.Steering)
		}
	}
}

// A file that says nothing usable is told and recorded, and neither stops the run nor changes what is in force.
func TestWhatCannotBeUsedIsToldAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	plain, s := newStage(t, t.TempDir(), 4, 1), newStage(t, dir, 4, 1)
	plain.mustGo(t)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, guide.Folder), 0o777), os.WriteFile(filepath.Join(dir, guide.Folder, "1.json"), []byte("{}"), 0o666)); err != nil {
		t.Fatal(err)
	}
	s.mustGo(t)
	if g := s.Store.Guidance(); len(g) != 1 || g[0].Refused == "" || g[0].Text != "" {
		t.Errorf("on record is %+v, want one that was not taken in", g)
	}
	if plain.trace() != s.trace() {
		t.Errorf("trace\n%swant that of a run to which nothing was said\n%s", s.trace(), plain.trace())
	}
}
