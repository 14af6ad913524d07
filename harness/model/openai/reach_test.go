package openai

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
)

func TestReachTellsAServerFromNone(t *testing.T) {
	keys := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys += r.Header.Get("Authorization")
		http.NotFound(w, r)
	}))
	c, err := New(Config{BaseURL: server.URL + "/v1", Model: "m", Key: "sk-secret"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Reach(context.Background()); err != nil || keys != "" {
		t.Errorf("a server that knows no models: error %v, key sent %q; want neither", err, keys)
	}
	server.Close()
	if err := c.Reach(context.Background()); !errors.Is(err, model.ErrUnavailable) {
		t.Errorf("a server that is gone: %v, want it to wrap ErrUnavailable", err)
	}
}
