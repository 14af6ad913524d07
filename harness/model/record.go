package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// A Recorder keeps what a model answered, so that a run that is resumed hears the same answers. It is called from many
// goroutines. A store is one.
type Recorder interface {
	// Chat returns the reply kept under key, and whether there is one.
	Chat(key string) (Reply, bool, error)
	// RecordChat keeps a reply. When it returns nil, the reply is durable.
	RecordChat(key string, r Request, reply Reply) error
}

// Key identifies the question: equal keys are the same question, asked at the same place of a run in the same words. A
// mechanism and its shadow that ask alike share the answer.
func (r Request) Key() string {
	h := sha256.New()
	for _, m := range r.Messages {
		fmt.Fprintf(h, "%d %s %d\n%s\n", len(m.Role), m.Role, len(m.Content), m.Content)
	}
	return fmt.Sprintf("%s/%s/%d/%d/%d/%s", r.Level, r.Purpose, r.Turn, r.Call, r.Attempt, hex.EncodeToString(h.Sum(nil)[:16]))
}

// Recorded returns a model that answers from rec where rec has the answer, and otherwise asks m and records the reply
// before it returns it. An answer that could not be recorded is not returned: a resumed run would hear another.
func Recorded(m Model, rec Recorder) Model { return recorded{m, rec} }

// ErrNotRecorded says that the question was never asked in this run.
var ErrNotRecorded = errors.New("question not recorded")

// OnlyRecorded returns a model that answers what rec has and asks nobody: anything else is ErrNotRecorded.
func OnlyRecorded(rec Recorder) Model { return recorded{nobody{}, rec} }

type nobody struct{}

func (nobody) Chat(_ context.Context, r Request) (Reply, error) {
	return Reply{}, fmt.Errorf("answer %s: %w", r.Key(), ErrNotRecorded)
}

func (nobody) Name() string { return "recorded answers" }

type recorded struct {
	Model
	rec Recorder
}

func (r recorded) Chat(ctx context.Context, q Request) (Reply, error) {
	key := q.Key()
	reply, ok, err := r.rec.Chat(key)
	if err != nil {
		return Reply{}, fmt.Errorf("look up the recorded answer %s: %w", key, err)
	}
	if ok {
		return reply, nil
	}
	if reply, err = r.Model.Chat(ctx, q); err != nil {
		return Reply{}, err
	}
	if err := r.rec.RecordChat(key, q, reply); err != nil {
		return Reply{}, fmt.Errorf("record the answer %s: %w", key, err)
	}
	return reply, nil
}
