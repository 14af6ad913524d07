package replay_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
)

func question(turn int, words string) model.Request {
	return model.Request{
		Level: model.Level1, Purpose: "propose", Turn: turn, Facts: []byte(`{"seq": 1}`),
		Messages: []model.Message{{Role: "system", Content: "Choose."}, {Role: "user", Content: words}},
	}
}

func transcript(t *testing.T, requests ...model.Request) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	for i, r := range requests {
		reply := model.Reply{Text: strings.Repeat("a", i+1), Model: "deepseek-chat", TokensIn: 3, TokensOut: 1}
		if err := replay.Write(&b, replay.Chat{Key: r.Key(), Request: r, Reply: reply}); err != nil {
			t.Fatal(err)
		}
	}
	return &b
}

func TestReplayAnswersWhatWasAnswered(t *testing.T) {
	m, err := replay.Read("t.jsonl", transcript(t, question(1, "trial one"), question(2, "trial two")))
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Chat(context.Background(), question(2, "trial two"))
	if err != nil || r.Text != "aa" || r.Model != "deepseek-chat" {
		t.Errorf("got %+v, %v", r, err)
	}
	if m.Name() != "replay of deepseek-chat" {
		t.Errorf("name %q", m.Name())
	}
}

func TestMismatchSaysWhatDiffers(t *testing.T) {
	m, err := replay.Read("t.jsonl", transcript(t, question(1, "trial one\nbpb 2.1\nend")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		asked model.Request
		want  string
	}{
		{question(1, "trial one\nbpb 2.3\nend"), `line 2: recorded "bpb 2.1", asked "bpb 2.3"`},
		{question(1, "trial one\nbpb 2.1"), "has 2 lines, the recorded one 3"},
		{question(5, "trial five"), "nothing is recorded for this place"},
	} {
		_, err := m.Chat(context.Background(), c.asked)
		if !errors.Is(err, replay.ErrMismatch) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "t.jsonl") {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestBadTranscripts(t *testing.T) {
	good := transcript(t, question(1, "trial one")).String()
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"\n\n", "no chat"},
		"not JSON":     {good + "oops\n", "line 2"},
		"changed":      {strings.Replace(good, "trial one", "trial two", 1), "line 1"},
		"contradicted": {good + strings.Replace(good, `"text":"a"`, `"text":"b"`, 1), "second, different reply"},
	} {
		if _, err := replay.Read("t.jsonl", strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := replay.Read("t.jsonl", strings.NewReader(good+good)); err != nil {
		t.Errorf("the same line twice: %v", err)
	}
}

func TestFactsAreNotWritten(t *testing.T) {
	if b := transcript(t, question(1, "x")).String(); strings.Contains(b, "facts") {
		t.Errorf("the transcript holds facts: %s", b)
	}
}
