package openai

import (
	"fmt"
	"net/url"
	"strings"
)

// The defaults where only a key is known.
const (
	DeepSeekURL  = "https://api.deepseek.com/v1"
	OpenAIURL    = "https://api.openai.com/v1"
	DefaultModel = "deepseek-chat"
)

// Flags are what the command line says; empty means not said.
type Flags struct {
	BaseURL string // --base-url
	Model   string // --model
	Key     string // --api-key
}

// FromEnv decides on an endpoint from the command line and the environment, the command line first. It returns false when
// neither names an endpoint nor holds a key: then there is no language model to ask.
//
//	BILEVEL_BASE_URL, BILEVEL_MODEL, BILEVEL_API_KEY   as the flags
//	DEEPSEEK_API_KEY                                   DeepSeek's endpoint
//	OPENAI_API_KEY, OPENAI_BASE_URL                    OpenAI's endpoint, or the one named
//
// A key goes only to the host it is for: that of DeepSeek to DeepSeek; that of OpenAI to OpenAI and to hosts that are
// nobody's in this list, as is the custom with compatible servers.
func FromEnv(getenv func(string) string, f Flags) (Config, bool, error) {
	c := Config{
		BaseURL: firstOf(f.BaseURL, getenv("BILEVEL_BASE_URL")),
		Model:   firstOf(f.Model, getenv("BILEVEL_MODEL")),
		Key:     Secret(strings.TrimSpace(firstOf(f.Key, getenv("BILEVEL_API_KEY")))),
	}
	deepseek, openai := strings.TrimSpace(getenv("DEEPSEEK_API_KEY")), strings.TrimSpace(getenv("OPENAI_API_KEY"))
	if c.BaseURL == "" {
		switch {
		case c.Key != "" || deepseek != "":
			c.BaseURL = DeepSeekURL
		case openai != "":
			c.BaseURL = firstOf(getenv("OPENAI_BASE_URL"), OpenAIURL)
		default:
			return Config{}, false, nil
		}
	}
	if c.Key == "" {
		c.Key = Secret(keyFor(c.BaseURL, deepseek, openai))
	}
	if c.Model == "" {
		c.Model = DefaultModel
		if hostOf(c.BaseURL) == hostOf(OpenAIURL) {
			return Config{}, false, fmt.Errorf("choose a model: OPENAI_API_KEY is set, but %s has no %s; name a model with --model, or use --model simulated", hostOf(c.BaseURL), DefaultModel)
		}
	}
	c, err := c.withDefaults()
	return c, err == nil, err
}

func keyFor(baseURL, deepseek, openai string) string {
	switch hostOf(baseURL) {
	case hostOf(DeepSeekURL):
		return deepseek
	default:
		return openai
	}
}

func hostOf(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
