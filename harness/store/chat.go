package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

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
	body, found, err := s.log.body(kindChat, key)
	if err != nil || !found {
		return model.Reply{}, false, err
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
	chats, err := s.Chats()
	if err != nil {
		return nil, err
	}
	by := map[model.Level]Usage{}
	for _, c := range chats {
		u := by[c.Request.Level]
		by[c.Request.Level] = Usage{c.Request.Level, u.Chats + 1, u.TokensIn + c.Reply.TokensIn, u.TokensOut + c.Reply.TokensOut, u.CostUSD + c.Reply.CostUSD}
	}
	var all []Usage
	for _, level := range slices.Sorted(maps.Keys(by)) {
		all = append(all, by[level])
	}
	return all, nil
}
