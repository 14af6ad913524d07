// Package openai speaks to any endpoint that is compatible with OpenAI's chat completions.
package openai

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A Secret is an API key. However it is printed or stored, it does not show.
type Secret string

// String hides the key.
func (Secret) String() string { return "[key]" }

// GoString hides the key.
func (Secret) GoString() string { return "[key]" }

// MarshalText hides the key.
func (Secret) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// A Config says which endpoint, and how patiently. Zero durations and counts mean the defaults.
type Config struct {
	BaseURL string // of the API, such as https://api.deepseek.com/v1
	Model   string // as the server names it
	Key     Secret // empty for a server that wants none

	Timeout  time.Duration // of one try, reading the reply included; 5 minutes by default, for models that think long
	Tries    int           // of one request, 6 by default
	Wait     time.Duration // before the second try, doubling from there; 1 second by default
	MaxReply int64         // bytes of one HTTP reply, 4 MiB by default

	// Waiting is told why a request is tried again and when, for people to see; nil tells nobody. It may be called from any
	// goroutine. The reason holds no key.
	Waiting func(reason string, wait time.Duration)
}

const (
	defaultTimeout  = 5 * time.Minute
	defaultTries    = 6
	defaultWait     = time.Second
	defaultMaxReply = 4 << 20

	maxWait = 5 * time.Minute // a server that asks for more is given up
)

func (c Config) withDefaults() (Config, error) {
	c.BaseURL = strings.TrimRight(strings.TrimSpace(c.BaseURL), "/")
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil:
		return c, fmt.Errorf("model endpoint: the base URL cannot be read, want one such as https://api.deepseek.com/v1")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return c, fmt.Errorf("model endpoint %s: the base URL holds a name, a query or a fragment, want only scheme, host and path; give a key by the environment or by flag", u.Host)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return c, fmt.Errorf("model endpoint: base URL %q, want one such as https://api.deepseek.com/v1", c.BaseURL)
	case c.Model == "":
		return c, fmt.Errorf("model endpoint %s: no model is named; name one with --model", u.Host)
	case strings.ContainsAny(string(c.Key), " \t\r\n"):
		return c, fmt.Errorf("model endpoint %s: the API key has blanks or line breaks in it; set it again without", u.Host)
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Tries <= 0 {
		c.Tries = defaultTries
	}
	if c.Wait <= 0 {
		c.Wait = defaultWait
	}
	if c.MaxReply <= 0 {
		c.MaxReply = defaultMaxReply
	}
	return c, nil
}

func (c Config) host() string {
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return "the endpoint"
	}
	return u.Host
}
