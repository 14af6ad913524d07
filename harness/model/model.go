// Package model talks to language models.
package model

import (
	"context"
	"encoding/json"
	"errors"
)

// A Model answers a chat. Implementations are safe for concurrent use.
type Model interface {
	// Chat returns the model's reply to the request, or an error that wraps ErrBudget, ErrUnavailable or ErrRefused where
	// one of them is the reason. It retries what is worth retrying by itself.
	Chat(ctx context.Context, r Request) (Reply, error)
	// Name says which model this is, as reports print it: "deepseek-chat", "simulated (rut)".
	Name() string
}

// Level says which part of the search asks; tokens and costs are accounted by it.
type Level string

// The levels of the search.
const (
	Level1  Level = "1"   // proposals
	Level15 Level = "1.5" // steering
	Level2  Level = "2"   // mechanisms
	Lessons Level = "end" // what a run that is done has taught
)

// A Request is one chat.
type Request struct {
	Level       Level     `json:"level"`
	Purpose     string    `json:"purpose"` // "propose", "steer", "explore", "critique", "specify", "generate", "repair", "lessons"
	Messages    []Message `json:"messages"`
	Schema      *Schema   `json:"schema,omitempty"` // the form wanted of the reply; nil for free text
	Temperature float32   `json:"temperature"`
	MaxTokens   int       `json:"max_tokens,omitempty"` // of the reply; 0 leaves it to the server

	// Turn, Call and Attempt say at which place of the run the question is asked; with the messages they are the key under
	// which the answer is recorded.
	Turn    int `json:"turn"`    // Seq of the trial being decided; at Level 2 the cycle
	Call    int `json:"call"`    // counts from 0 the questions of one decision
	Attempt int `json:"attempt"` // counts from 0 the repeats of one question after an unusable reply

	// Seed is for servers that can fix their sampling; it is left out for one that refuses it.
	Seed uint64 `json:"seed"`
	// Facts is what the messages say in words, as data. Only the simulated model reads it; its form is the Facts type of
	// this package.
	Facts json.RawMessage `json:"facts,omitempty"`
}

// A Message is one turn of a chat.
type Message struct {
	Role    string `json:"role"` // system, user or assistant
	Content string `json:"content"`
}

// A Schema is the JSON schema a reply is to follow.
type Schema struct {
	Name string          `json:"name"`
	JSON json.RawMessage `json:"json"`
}

// A Reply is what a model answered.
type Reply struct {
	Text      string  `json:"text"`
	Model     string  `json:"model"`     // as the server names it
	TokensIn  int     `json:"tokens_in"` // of the request, as the server counted them
	TokensOut int     `json:"tokens_out"`
	CostUSD   float64 `json:"cost_usd,omitempty"`  // by the price table; 0 when the model's price is unknown
	Simulated bool    `json:"simulated,omitempty"` // no language model wrote it
}

// Why a chat failed, where the caller has a decision to make.
var (
	ErrBudget      = errors.New("model budget exhausted")     // the token or cost limit of the run is reached
	ErrUnavailable = errors.New("model endpoint unavailable") // it could not be reached, or kept failing, after all retries
	ErrRefused     = errors.New("model endpoint refused")     // it will not serve this request: bad key, unknown model, no credit
)
