package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	openai "github.com/sashabaranov/go-openai"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// A Client is a model behind an endpoint. It is safe for concurrent use.
type Client struct {
	cfg Config
	api *openai.Client

	mu      sync.Mutex
	dialect dialect // what the server is known to understand
}

// New returns a client. Nothing is sent before the first Chat.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	api := openai.DefaultConfig(string(cfg.Key))
	api.BaseURL = cfg.BaseURL
	api.HTTPClient = &http.Client{Transport: &transport{cfg: cfg, next: http.DefaultTransport}}
	return &Client{cfg: cfg, api: openai.NewClientWithConfig(api), dialect: fullDialect}, nil
}

// Name returns the model's name.
func (c *Client) Name() string { return c.cfg.Model }

// String hides the configuration: fmt prints the key of an unexported field.
func (c *Client) String() string { return c.cfg.Model + " at " + c.cfg.host() }

// GoString hides it too.
func (c *Client) GoString() string { return c.String() }

// Endpoint returns the base URL, for people to see.
func (c *Client) Endpoint() string { return c.cfg.BaseURL }

// emptyTries is how often a reply without any choice is asked for again: servers send them in a moment of weakness.
const emptyTries = 3

// Chat implements model.Model.
func (c *Client) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	for range emptyTries {
		resp, err := c.send(ctx, r)
		if err != nil {
			return model.Reply{}, c.explain(ctx, err)
		}
		if len(resp.Choices) > 0 {
			return c.reply(r, resp), nil
		}
	}
	return model.Reply{}, fmt.Errorf("ask %s at %s: %w: %d replies in a row held no choice", c.cfg.Model, c.cfg.host(), model.ErrUnavailable, emptyTries)
}

// send leaves out of the request what the server refuses, one thing after another.
func (c *Client) send(ctx context.Context, r model.Request) (openai.ChatCompletionResponse, error) {
	c.mu.Lock()
	d := c.dialect
	c.mu.Unlock()
	for {
		resp, err := c.api.CreateChatCompletion(ctx, d.write(c.cfg.Model, r))
		if err == nil {
			c.mu.Lock()
			c.dialect = d
			c.mu.Unlock()
			return resp, nil
		}
		refusal, ok := refusalOf(err)
		if !ok {
			return resp, err
		}
		// Every step leaves something out for good, so the loop ends.
		if d, ok = d.simpler(refusal, r); !ok {
			return resp, err
		}
	}
}

// reply reads the answer. What a reasoning model thought counts as its words only when it said nothing else: some servers put
// the whole answer there.
func (c *Client) reply(r model.Request, resp openai.ChatCompletionResponse) model.Reply {
	m := resp.Choices[0].Message
	text := m.Content
	if text == "" {
		text = m.ReasoningContent
	}
	name := resp.Model
	if name == "" {
		name = c.cfg.Model
	}
	reply := model.Reply{Text: c.cfg.Key.scrubExact(text), Model: name, TokensIn: resp.Usage.PromptTokens, TokensOut: resp.Usage.CompletionTokens}
	if reply.TokensIn == 0 {
		reply.TokensIn = model.EstimateTokens(r)
	}
	if reply.TokensOut == 0 {
		reply.TokensOut = model.EstimateText(m.Content + m.ReasoningContent)
	}
	return reply
}

// explain says which endpoint failed, how, and what to do about it. The key is not in it, whatever the server said.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	where := fmt.Sprintf("ask %s at %s", c.cfg.Model, c.cfg.host())
	status, message := statusOf(err)
	message = c.cfg.Key.brief(message)
	var gone *unavailable
	switch {
	case errors.As(err, &gone):
		return fmt.Errorf("%s: %w: %s; is the base URL right, and the server up?", where, model.ErrUnavailable, gone.Error())
	case status == 0:
		return fmt.Errorf("%s: %w: %s", where, model.ErrUnavailable, c.cfg.Key.brief(err.Error()))
	}
	return fmt.Errorf("%s: %w: status %d: %s; %s", where, model.ErrRefused, status, message, c.remedy(status))
}

func (c *Client) remedy(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		if c.cfg.Key == "" {
			return "no API key is set: set one with --api-key or in the environment (DEEPSEEK_API_KEY, OPENAI_API_KEY, BILEVEL_API_KEY)"
		}
		return "check that the API key is valid for this endpoint"
	case http.StatusPaymentRequired, http.StatusTooManyRequests:
		return "the account has no credit left: top it up, or use another key"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "check the base URL (most end in /v1) and the name of the model"
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "the server does not accept this request: check the name of the model, and whether the prompt fits its context"
	}
	return "the server will not serve this request"
}
