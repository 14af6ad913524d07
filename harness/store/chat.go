package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
)

// chat is the body of a chat event.
type chat struct {
	Request model.Request `json:"request"`
	Reply   model.Reply   `json:"reply"`
}

var _ model.Recorder = (*Store)(nil)

// Chat returns the recorded reply to the request with this key, or false.
func (s *Store) Chat(key string) (model.Reply, bool, error) {
	var body string
	err := s.db.QueryRow("SELECT body FROM events WHERE kind = ? AND key = ?", kindChat, key).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return model.Reply{}, false, nil
	}
	if err != nil {
		return model.Reply{}, false, explain("read", filepath.Join(s.dir, File), err)
	}
	var c chat
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return model.Reply{}, false, fmt.Errorf("read run %s: chat %s: %w: %w", s.dir, key, err, ErrCorrupt)
	}
	return c.Reply, true, nil
}

// RecordChat records a request and its reply. The facts of a request repeat its messages and are left out.
func (s *Store) RecordChat(key string, r model.Request, reply model.Reply) error {
	r.Facts = nil
	return s.record(kindChat, key, chat{Request: r, Reply: reply}, nil)
}

// Chats returns everything that was asked and answered, in order.
func (s *Store) Chats() ([]replay.Chat, error) {
	events, err := s.EventsOf(kindChat)
	if err != nil {
		return nil, err
	}
	all := make([]replay.Chat, len(events))
	for i, e := range events {
		var c chat
		if err := json.Unmarshal(e.Body, &c); err != nil {
			return nil, fmt.Errorf("read run %s: chat %s: %w: %w", s.dir, e.Key, err, ErrCorrupt)
		}
		all[i] = replay.Chat{Key: e.Key, Request: c.Request, Reply: c.Reply}
	}
	return all, nil
}

// Usage is what the chats of one level took.
type Usage struct {
	Level     model.Level `json:"level"`
	Chats     int         `json:"chats"`
	TokensIn  int         `json:"tokens_in"`
	TokensOut int         `json:"tokens_out"`
	CostUSD   float64     `json:"cost_usd"` // 0 where the model's price is unknown
}

// Usage returns what the recorded chats took, by level.
func (s *Store) Usage() ([]Usage, error) {
	path := filepath.Join(s.dir, File)
	rows, err := s.db.Query("SELECT level, count(*), sum(tokens_in), sum(tokens_out), sum(cost_usd) FROM chats GROUP BY level ORDER BY level")
	if err != nil {
		return nil, explain("read", path, err)
	}
	defer rows.Close()
	var all []Usage
	for rows.Next() {
		var u Usage
		if err := rows.Scan(&u.Level, &u.Chats, &u.TokensIn, &u.TokensOut, &u.CostUSD); err != nil {
			return nil, explain("read", path, err)
		}
		all = append(all, u)
	}
	if err := rows.Err(); err != nil {
		return nil, explain("read", path, err)
	}
	return all, nil
}
