package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/openai"
)

func TestChatSendsEverythingAndReadsTheReply(t *testing.T) {
	s := serve(t, text(`{"a": 1}`))
	got, err := s.client(t, nil).Chat(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Reply{Text: `{"a": 1}`, Model: "test-model-0613", TokensIn: 30, TokensOut: 7}
	if got != want {
		t.Errorf("reply %+v, want %+v", got, want)
	}
	q := s.sent(0)
	for field, want := range map[string]string{
		"model": `"test-model"`, "max_tokens": "1000", "seed": "42", "temperature": "0.7",
		"messages":        `[{"content":"You answer in JSON.","role":"system"},{"content":"What next?","role":"user"}]`,
		"response_format": `{"json_schema":{"name":"changes","schema":{"type":"object"},"strict":false},"type":"json_schema"}`,
	} {
		if b, _ := json.Marshal(q[field]); string(b) != want {
			t.Errorf("%s = %s, want %s", field, b, want)
		}
	}
	if got := s.headers[0].Get("Authorization"); got != "Bearer "+key {
		t.Errorf("Authorization %q", got)
	}
}

func TestChatTriesAgainWhatMayPass(t *testing.T) {
	for name, bad := range map[string]answer{
		"429 without a time":      status(429, "slow down"),
		"429 with seconds":        status(429, "slow down", "Retry-After", "0"),
		"429 with milliseconds":   status(429, "slow down", "Retry-After-Ms", "5"),
		"429 with a date":         status(429, "slow down", "Retry-After", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat)),
		"500":                     status(500, "oops"),
		"503 page":                raw(503, "<html><title>Down for maintenance</title></html>"),
		"529":                     status(529, "overloaded"),
		"cut connection":          cut,
		"page with status 200":    raw(200, "<!doctype html><h1>Sign in</h1>"),
		"broken JSON":             raw(200, `{"choices": [`),
		"empty body":              raw(200, ""),
		"error with status 200":   raw(200, `{"error": {"message": "upstream failed", "code": 502}}`),
		"no choices":              raw(200, `{"choices": []}`),
		"no choices, not a field": raw(200, `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, bad, bad, text("ok"))
			got, err := s.client(t, nil).Chat(context.Background(), request)
			if err != nil || got.Text != "ok" {
				t.Fatalf("Chat = %+v, %v; want the third answer", got, err)
			}
			if s.count() != 3 {
				t.Errorf("%d requests, want 3", s.count())
			}
		})
	}
}

func TestChatWaitsAsLongAsTheServerAsks(t *testing.T) {
	s := serve(t, status(429, "slow down", "Retry-After-Ms", "120"), text("ok"))
	var mu sync.Mutex
	var waits []time.Duration
	start := time.Now()
	c := s.client(t, func(cfg *openai.Config) {
		cfg.Waiting = func(reason string, wait time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, wait)
			if !strings.Contains(reason, "slow down") {
				t.Errorf("reason %q, want the server's words", reason)
			}
		}
	})
	if _, err := c.Chat(context.Background(), request); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 120*time.Millisecond {
		t.Errorf("tried again after %s, want at least 120ms", took)
	}
	if len(waits) != 1 || waits[0] != 120*time.Millisecond {
		t.Errorf("told of waits %v, want one of 120ms", waits)
	}
}

func TestChatGivesUpOnAServerThatAsksForAnHour(t *testing.T) {
	for name, after := range map[string]string{"seconds": "3600", "date": time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		s := serve(t, status(429, "come back later", "Retry-After", after))
		_, err := s.client(t, nil).Chat(context.Background(), request)
		if !errors.Is(err, model.ErrUnavailable) || s.count() != 1 || !strings.Contains(fmt.Sprint(err), "asks to wait") {
			t.Errorf("%s: %v after %d requests; want ErrUnavailable after 1", name, err, s.count())
		}
	}
}

func TestChatDoesNotRepeatWhatWillNotPass(t *testing.T) {
	for _, c := range []struct {
		bad  answer
		want string
	}{
		{status(400, "context is full"), "fits its context"},
		{status(401, "bad key "+key), "check that the API key"},
		{status(402, "Insufficient Balance"), "top it up"},
		{status(403, "no"), "check that the API key"},
		{status(404, "Model Not Exist"), "name of the model"},
		{raw(404, "<html><head><title>Not here</title>"), "Not here"},
		{raw(429, `{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}`), "top it up"},
		{raw(400, `{"error": "plain words"}`), "plain words"},
		{raw(422, `{"detail": [{"msg": "field required"}]}`), "field required"},
	} {
		s := serve(t, c.bad)
		_, err := s.client(t, nil).Chat(context.Background(), request)
		if !errors.Is(err, model.ErrRefused) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("got %v, want ErrRefused with %q", err, c.want)
		}
		if s.count() != 1 {
			t.Errorf("%v: %d requests, want 1", err, s.count())
		}
	}
}

func TestChatGivesUpAfterItsTries(t *testing.T) {
	for name, bad := range map[string]answer{"500": status(500, "oops"), "cut": cut} {
		s := serve(t, bad)
		_, err := s.client(t, nil).Chat(context.Background(), request)
		if !errors.Is(err, model.ErrUnavailable) || s.count() != 4 {
			t.Errorf("%s: %v after %d requests, want ErrUnavailable after 4", name, err, s.count())
		}
	}
}

func TestNoServer(t *testing.T) {
	s := serve(t, text("ok"))
	c := s.client(t, func(cfg *openai.Config) { cfg.Tries = 2 })
	s.Close()
	_, err := c.Chat(context.Background(), request)
	if !errors.Is(err, model.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "is the base URL right") {
		t.Errorf("got %v", err)
	}
}

func TestSlowServerTimesOutAndIsTriedAgain(t *testing.T) {
	s := serve(t, hang, text("ok"))
	c := s.client(t, func(cfg *openai.Config) { cfg.Timeout = 60 * time.Millisecond })
	if got, err := c.Chat(context.Background(), request); err != nil || got.Text != "ok" {
		t.Errorf("got %+v, %v", got, err)
	}
	s = serve(t, hang)
	c = s.client(t, func(cfg *openai.Config) { cfg.Timeout, cfg.Tries = 20*time.Millisecond, 2 })
	_, err := c.Chat(context.Background(), request)
	if !errors.Is(err, model.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "within 20ms") {
		t.Errorf("got %v", err)
	}
}

func TestCancelEndsTheChatAtOnce(t *testing.T) {
	s := serve(t, status(500, "oops"))
	ctx, cancel := context.WithCancel(context.Background())
	c := s.client(t, func(cfg *openai.Config) {
		cfg.Wait = 2 * time.Minute
		cfg.Waiting = func(string, time.Duration) { cancel() }
	})
	if _, err := c.Chat(ctx, request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestOverlongReplyIsNotSwallowed(t *testing.T) {
	s := serve(t, text(strings.Repeat("again and ", 2000)))
	_, err := s.client(t, func(cfg *openai.Config) { cfg.MaxReply = 10000 }).Chat(context.Background(), request)
	if err == nil || !strings.Contains(err.Error(), "more than 10000 bytes") || s.count() != 1 {
		t.Errorf("got %v after %d requests", err, s.count())
	}
}

func TestEmptyContentFallsToReasoning(t *testing.T) {
	s := serve(t, raw(200, `{"choices": [{"message": {"content": null, "reasoning_content": "{\"a\": 1}"}}]}`))
	got, err := s.client(t, nil).Chat(context.Background(), request)
	if err != nil || got.Text != `{"a": 1}` {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.TokensIn == 0 || got.TokensOut == 0 || got.Model != "test-model" {
		t.Errorf("tokens are not estimated where the server reports none: %+v", got)
	}
}

func TestTheKeyNeverShows(t *testing.T) {
	for _, bad := range []answer{
		status(401, "Incorrect API key provided: "+key+". You can find yours at"),
		status(401, "Incorrect API key provided: sk-01234***********CRET."),
		raw(400, "<html><title>"+key+"</title>"),
		raw(403, key),
		status(500, "upstream said: Authorization: Bearer "+key),
		raw(200, "Bearer "+key),
	} {
		s := serve(t, bad)
		c := s.client(t, func(cfg *openai.Config) {
			cfg.Waiting = func(reason string, _ time.Duration) {
				if strings.Contains(reason, "SECRET") {
					t.Errorf("the reason for waiting shows the key: %s", reason)
				}
			}
		})
		_, err := c.Chat(context.Background(), request)
		if err == nil || strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "sk-0123") {
			t.Errorf("the error shows the key: %v", err)
		}
		for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%#v", openai.Config{Key: key}), fmt.Sprintf("%+v", openai.Config{Key: key})} {
			if strings.Contains(shown, "SECRET") {
				t.Errorf("printing shows the key: %s", shown)
			}
		}
	}
	s := serve(t, text("your key is "+key))
	if got, err := s.client(t, nil).Chat(context.Background(), request); err != nil || strings.Contains(got.Text, "SECRET") {
		t.Errorf("a reply that repeats the key keeps it: %+v, %v", got, err)
	}
	b, err := json.Marshal(openai.Config{Key: key}.Key)
	if err != nil || strings.Contains(string(b), "SECRET") {
		t.Errorf("JSON shows the key: %s", b)
	}
}
