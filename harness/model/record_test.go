package model_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// shelf is a recorder in memory that can fail.
type shelf struct {
	kept map[string]model.Reply
	err  error
}

func (s *shelf) Chat(key string) (model.Reply, bool, error) {
	r, ok := s.kept[key]
	return r, ok, nil
}

func (s *shelf) RecordChat(key string, _ model.Request, r model.Reply) error {
	if s.err == nil {
		s.kept[key] = r
	}
	return s.err
}

func asked(turn, call, attempt int, words string) model.Request {
	return model.Request{
		Level: model.Level1, Purpose: "propose", Turn: turn, Call: call, Attempt: attempt,
		Messages: []model.Message{{Role: "user", Content: words}},
	}
}

func TestRecordedAnswersAreNotAskedAgain(t *testing.T) {
	f, s := &fake{reply: model.Reply{Text: "first"}}, &shelf{kept: map[string]model.Reply{}}
	m := model.Recorded(f, s)
	for range 2 {
		if r, err := m.Chat(context.Background(), asked(1, 0, 0, "what next?")); err != nil || r.Text != "first" {
			t.Fatalf("got %+v, %v", r, err)
		}
		f.reply.Text = "second"
	}
	if f.asked != 1 {
		t.Errorf("asked %d times, want once", f.asked)
	}
	only := model.OnlyRecorded(s)
	if r, err := only.Chat(context.Background(), asked(1, 0, 0, "what next?")); err != nil || r.Text != "first" {
		t.Errorf("OnlyRecorded: %+v, %v", r, err)
	}
	if _, err := only.Chat(context.Background(), asked(2, 0, 0, "what next?")); !errors.Is(err, model.ErrNotRecorded) {
		t.Errorf("OnlyRecorded of another question: %v, want ErrNotRecorded", err)
	}
}

func TestEveryPartOfTheKeyCounts(t *testing.T) {
	base := asked(1, 0, 0, "what next?")
	others := map[string]model.Request{
		"turn": asked(2, 0, 0, "what next?"), "call": asked(1, 1, 0, "what next?"), "attempt": asked(1, 0, 1, "what next?"), "words": asked(1, 0, 0, "what now?"),
	}
	level, purpose, role, split := base, base, base, base
	level.Level, purpose.Purpose = model.Level2, "explore"
	role.Messages = []model.Message{{Role: "system", Content: "what next?"}}
	split.Messages = []model.Message{{Role: "user", Content: "what "}, {Role: "user", Content: "next?"}}
	others["level"], others["purpose"], others["role"], others["split"] = level, purpose, role, split
	for name, r := range others {
		if r.Key() == base.Key() {
			t.Errorf("another %s has the same key %s", name, r.Key())
		}
	}
	if same := asked(1, 0, 0, "what next?"); same.Key() != base.Key() {
		t.Errorf("equal requests have keys %s and %s", same.Key(), base.Key())
	}
}

func TestAnAnswerThatCannotBeRecordedIsNotGiven(t *testing.T) {
	full := errors.New("disk full")
	m := model.Recorded(&fake{reply: model.Reply{Text: "x"}}, &shelf{kept: map[string]model.Reply{}, err: full})
	if r, err := m.Chat(context.Background(), asked(1, 0, 0, "?")); !errors.Is(err, full) || r.Text != "" {
		t.Errorf("got %+v, %v; want no reply and the recorder's error", r, err)
	}
}

func TestAFailedChatIsNotRecorded(t *testing.T) {
	s := &shelf{kept: map[string]model.Reply{}}
	m := model.Recorded(&fake{err: model.ErrUnavailable}, s)
	if _, err := m.Chat(context.Background(), asked(1, 0, 0, "?")); !errors.Is(err, model.ErrUnavailable) || len(s.kept) != 0 {
		t.Errorf("got %v, recorded %v", err, s.kept)
	}
}
