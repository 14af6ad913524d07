package openai_test

import (
	"context"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/openai"
)

// The refusals are those of real servers, as people reported them.
func TestWhatAServerRefusesIsLeftOutFromThenOn(t *testing.T) {
	for _, c := range []struct {
		name     string
		model    string
		refusals []answer
		gone     []string          // fields that the last request must not have
		has      map[string]string // type of the response format, or a field that must be there
	}{
		{"DeepSeek knows no schema", "m", []answer{status(400, "This response_format type is unavailable now")}, nil, map[string]string{"response_format": "json_object"}},
		{"no format at all", "m", []answer{status(400, "This response_format type is unavailable now"), status(422, "response_format: invalid type")}, []string{"response_format"}, nil},
		{"grammar", "m", []answer{status(400, "Failed to parse grammar: unexpected end of input")}, nil, map[string]string{"response_format": "json_object"}},
		{"reasoning model", "m", []answer{status(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."), status(400, "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.")}, []string{"max_tokens", "temperature"}, map[string]string{"max_completion_tokens": ""}},
		{"too many tokens", "m", []answer{status(400, "max_tokens is too large: 1000. This model supports at most 512 completion tokens")}, []string{"max_tokens", "max_completion_tokens"}, nil},
		{"no seed", "m", []answer{status(400, "Unknown field: seed")}, []string{"seed"}, nil},
		{"a model that the library knows", "o3-mini", nil, []string{"max_tokens", "temperature"}, map[string]string{"max_completion_tokens": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, append(c.refusals, text("ok"))...)
			client := s.client(t, func(cfg *openai.Config) { cfg.Model = c.model })
			for range 2 { // the second request must not have to learn again
				if got, err := client.Chat(context.Background(), request); err != nil || got.Text != "ok" {
					t.Fatalf("Chat = %+v, %v", got, err)
				}
			}
			if want := len(c.refusals) + 2; s.count() != want {
				t.Errorf("%d requests, want %d", s.count(), want)
			}
			last := s.sent(s.count() - 1)
			for _, field := range c.gone {
				if v, ok := last[field]; ok {
					t.Errorf("the last request has %s = %v", field, v)
				}
			}
			for field, want := range c.has {
				v, ok := last[field]
				if !ok {
					t.Errorf("the last request lacks %s", field)
				}
				if m, isMap := v.(map[string]any); isMap && m["type"] != want {
					t.Errorf("%s has type %v, want %s", field, m["type"], want)
				}
			}
		})
	}
}

// Servers refuse a message without content, which is what the library makes of an empty one, and some refuse two messages of
// one role in a row.
func TestAReplyThatSaidNothingHasNoTurn(t *testing.T) {
	s := serve(t, text("ok"))
	again := request
	again.Messages = model.Again(request.Messages, []model.Exchange{{Reply: " \n", Why: "empty"}, {Reply: "prose", Why: "no object"}}, func(why string) string { return "Mend: " + why })
	if _, err := s.client(t, nil).Chat(context.Background(), again); err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{"system", "You answer in JSON."}, {"user", "What next?\n\nMend: empty"}, {"assistant", "prose"}, {"user", "Mend: no object"}}
	got := s.sent(0)["messages"].([]any)
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if m := got[i].(map[string]any); m["role"] != w[0] || m["content"] != w[1] {
			t.Errorf("message %d is %v, want %q", i, m, w)
		}
	}
}
