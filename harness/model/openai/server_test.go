package openai_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/openai"
)

const key = "sk-0123456789abcdefSECRET"

// A server answers one request after another with the next of its answers, the last for ever, and keeps what it was sent.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []map[string]any
	headers  []http.Header
}

type answer func(w http.ResponseWriter, r *http.Request)

func serve(t *testing.T, answers ...answer) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		var q map[string]any
		if err := json.Unmarshal(body, &q); err != nil {
			t.Errorf("a request is not JSON: %v", err)
		}
		s.mu.Lock()
		n := len(s.requests)
		s.requests, s.headers = append(s.requests, q), append(s.headers, r.Header)
		s.mu.Unlock()
		answers[min(n, len(answers)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// count returns how many requests came.
func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// sent returns the n-th request.
func (s *server) sent(n int) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[n]
}

// client returns a client of the server that hardly waits.
func (s *server) client(t *testing.T, change func(*openai.Config)) *openai.Client {
	t.Helper()
	cfg := openai.Config{BaseURL: s.URL + "/v1", Model: "test-model", Key: key, Wait: time.Millisecond, Tries: 4, Timeout: 5 * time.Second}
	if change != nil {
		change(&cfg)
	}
	c, err := openai.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var request = model.Request{
	Level: model.Level1, Purpose: "propose", Temperature: 0.7, MaxTokens: 1000, Seed: 42,
	Messages: []model.Message{{Role: "system", Content: "You answer in JSON."}, {Role: "user", Content: "What next?"}},
	Schema:   &model.Schema{Name: "changes", JSON: json.RawMessage(`{"type":"object"}`)},
}

// text answers well.
func text(content string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{
			"model":   "test-model-0613",
			"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": content}}},
			"usage":   map[string]any{"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37},
		}); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// status answers with an error in OpenAI's form.
func status(code int, message string, header ...string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error": {"message": %q, "type": "error"}}`, message)
	}
}

// raw answers with these bytes.
func raw(code int, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// cut promises more than it sends and closes the connection.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"choices": [{"message": {"con`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// hang sends nothing until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
