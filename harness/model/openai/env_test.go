package openai_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model/openai"
)

func TestFromEnv(t *testing.T) {
	for _, c := range []struct {
		name  string
		env   string // NAME=VALUE, separated by blanks
		flags openai.Flags
		want  string // URL, model and key; "none"; or part of an error
	}{
		{"nothing", "", openai.Flags{}, "none"},
		{"DeepSeek", "DEEPSEEK_API_KEY=d", openai.Flags{}, "https://api.deepseek.com/v1 deepseek-chat d"},
		{"both keys", "DEEPSEEK_API_KEY=d OPENAI_API_KEY=o", openai.Flags{}, "https://api.deepseek.com/v1 deepseek-chat d"},
		{"both keys, OpenAI's host", "DEEPSEEK_API_KEY=d OPENAI_API_KEY=o", openai.Flags{BaseURL: "https://api.openai.com/v1", Model: "gpt-5"}, "https://api.openai.com/v1 gpt-5 o"},
		{"OpenAI", "OPENAI_API_KEY=o", openai.Flags{Model: "gpt-5"}, "https://api.openai.com/v1 gpt-5 o"},
		{"OpenAI without a model", "OPENAI_API_KEY=o", openai.Flags{}, "--model"},
		{"OpenAI's key for a compatible server", "OPENAI_API_KEY=o OPENAI_BASE_URL=http://localhost:8000/v1/", openai.Flags{Model: "q"}, "http://localhost:8000/v1 q o"},
		{"own server without a key", "", openai.Flags{BaseURL: "http://127.0.0.1:8791/v1"}, "http://127.0.0.1:8791/v1 deepseek-chat "},
		{"DeepSeek's key stays with DeepSeek", "DEEPSEEK_API_KEY=d", openai.Flags{BaseURL: "http://elsewhere/v1"}, "http://elsewhere/v1 deepseek-chat "},
		{"flags win", "DEEPSEEK_API_KEY=d BILEVEL_MODEL=m", openai.Flags{Key: "f", Model: "n"}, "https://api.deepseek.com/v1 n f"},
		{"environment of our own", "BILEVEL_BASE_URL=http://h/v1 BILEVEL_MODEL=m BILEVEL_API_KEY=k", openai.Flags{}, "http://h/v1 m k"},
		{"no scheme", "", openai.Flags{BaseURL: "localhost:8000"}, "want one such as"},
		{"key in the URL", "", openai.Flags{BaseURL: "https://user:pass@host/v1"}, "holds a name"},
	} {
		env := map[string]string{}
		for pair := range strings.FieldsSeq(c.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		cfg, ok, err := openai.FromEnv(func(name string) string { return env[name] }, c.flags)
		got := "none"
		switch {
		case err != nil:
			got = err.Error()
			if strings.Contains(got, "pass") {
				t.Errorf("%s: the error shows a password: %s", c.name, got)
			}
			if strings.Contains(got, c.want) {
				continue
			}
		case ok:
			got = fmt.Sprintf("%s %s %s", cfg.BaseURL, cfg.Model, string(cfg.Key))
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
