package openai

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// reachTime bounds the look at an endpoint before a run.
const reachTime = 10 * time.Second

// Reach returns an error that wraps model.ErrUnavailable when nobody answers at the endpoint, so that a run with a wrong
// base URL ends before its first trial and not after it. Any answer will do: many servers have no list of models, and a
// bad key is told by the first chat. No key is sent.
func (c *Client) Reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.BaseURL+"/models", nil)
	if err != nil {
		return fmt.Errorf("reach %s: %w", c.cfg.host(), err)
	}
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return fmt.Errorf("reach %s: %w: %s; is the base URL right, and the server up?", c.cfg.host(), model.ErrUnavailable, c.cfg.Key.brief(err.Error()))
	}
	r.Body.Close()
	return nil
}
