// Package replay answers from the transcript of an earlier run.
package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// A Chat is one line of a transcript.
type Chat struct {
	Key     string        `json:"key"` // of the request
	Request model.Request `json:"request"`
	Reply   model.Reply   `json:"reply"`
}

// Write appends one chat to a transcript. The facts of the request repeat its messages and are left out.
func Write(w io.Writer, c Chat) error {
	c.Request.Facts = nil
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write chat %s: %w", c.Key, err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// A Model answers what was answered before. It never asks anybody.
type Model struct {
	name  string
	chats map[string]Chat
	keys  []string // in the order of the transcript
}

// maxLine bounds one line of a transcript, in bytes: a Level 2 dialogue holds the whole trace several times.
const maxLine = 64 << 20

// ErrMismatch says that a question is not in the transcript.
var ErrMismatch = errors.New("question is not in the transcript")

// Read reads a transcript, one chat a line. Name says where it comes from, for errors.
func Read(name string, r io.Reader) (*Model, error) {
	m := &Model{name: name, chats: map[string]Chat{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var c Chat
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("read transcript %s: line %d: %w", name, n, err)
		}
		if key := c.Request.Key(); c.Key != key {
			return nil, fmt.Errorf("read transcript %s: line %d: key %s, want %s by its messages: the line was changed, or another version wrote it", name, n, c.Key, key)
		}
		if old, ok := m.chats[c.Key]; ok && old.Reply != c.Reply {
			return nil, fmt.Errorf("read transcript %s: line %d: a second, different reply to %s", name, n, c.Key)
		} else if !ok {
			m.keys = append(m.keys, c.Key)
		}
		m.chats[c.Key] = c
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read transcript %s: %w", name, err)
	}
	if len(m.keys) == 0 {
		return nil, fmt.Errorf("read transcript %s: it holds no chat", name)
	}
	return m, nil
}

// Simulated reports whether no language model wrote these answers.
func (m *Model) Simulated() bool {
	return !slices.ContainsFunc(m.keys, func(key string) bool { return !m.chats[key].Reply.Simulated })
}

// Name says whose answers these are.
func (m *Model) Name() string {
	var models []string
	for _, k := range m.keys {
		if name := m.chats[k].Reply.Model; name != "" && !slices.Contains(models, name) {
			models = append(models, name)
		}
	}
	return "replay of " + strings.Join(models, ", ")
}

// Chat returns the recorded reply, or an error that wraps ErrMismatch and says what was asked and what is recorded.
func (m *Model) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	if err := ctx.Err(); err != nil {
		return model.Reply{}, err
	}
	if c, ok := m.chats[r.Key()]; ok {
		return c.Reply, nil
	}
	return model.Reply{}, fmt.Errorf("replay %s: %w: %s: %s", m.name, ErrMismatch, r.Key(), m.nearest(r))
}

// nearest says how the question differs from what is recorded for the same place of the run.
func (m *Model) nearest(r model.Request) string {
	place, _, _ := cutLast(r.Key())
	sameRound := fmt.Sprintf("%s/%s/", r.Level, r.Purpose)
	others := 0
	for _, k := range m.keys {
		if p, _, _ := cutLast(k); p == place {
			return difference(m.chats[k].Request, r)
		}
		if strings.HasPrefix(k, sameRound) {
			others++
		}
	}
	return fmt.Sprintf("nothing is recorded for this place of the run; %d of %d chats are %s at level %s; was the run that is recorded made with the same seed, task, mechanism and version?", others, len(m.keys), r.Purpose, r.Level)
}

// cutLast cuts a key into its place and its digest.
func cutLast(key string) (place, digest string, ok bool) {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return key, "", false
	}
	return key[:i], key[i+1:], true
}

// difference names the first line in which two requests of one place differ.
func difference(recorded, asked model.Request) string {
	if len(recorded.Messages) != len(asked.Messages) {
		return fmt.Sprintf("it has %d messages, the recorded one %d", len(asked.Messages), len(recorded.Messages))
	}
	for i, m := range asked.Messages {
		was := recorded.Messages[i]
		if was == m {
			continue
		}
		a, b := strings.Split(was.Content, "\n"), strings.Split(m.Content, "\n")
		for n := range min(len(a), len(b)) {
			if a[n] != b[n] {
				return fmt.Sprintf("message %d (%s) differs in line %d: recorded %q, asked %q", i+1, m.Role, n+1, short(a[n]), short(b[n]))
			}
		}
		return fmt.Sprintf("message %d (%s) has %d lines, the recorded one %d", i+1, m.Role, len(b), len(a))
	}
	return "it differs from the recorded one only in its place"
}

func short(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
