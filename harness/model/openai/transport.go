package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// A transport sends a request again when that is worth it: after 429, 5xx, a connection that was refused or cut, a time-out,
// and a reply that is no JSON though the server says all is well. It reads every reply whole, so that a cut in the middle
// is seen here. Other errors of the server (400, 401, 402, 403, 404) come back as they are.
type transport struct {
	cfg  Config
	next http.RoundTripper
}

// An unavailable endpoint did not answer within all tries.
type unavailable struct {
	tries  int
	reason string
}

func (u *unavailable) Error() string {
	if u.tries == 1 {
		return u.reason
	}
	return fmt.Sprintf("%d tries, the last: %s", u.tries, u.reason)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() // every try reads a body of its own
		if r.GetBody == nil {
			return nil, errors.New("the request's body can be read only once, want one that can be sent again")
		}
	}
	tries := 0
	var last error // backoff hides the reason behind its own RetryAfterError
	try := func() (*http.Response, error) {
		tries++
		resp, retry, err := t.once(r)
		if err == nil {
			return resp, nil
		}
		last = err
		switch {
		case r.Context().Err() != nil || retry < 0:
			return nil, backoff.Permanent(err)
		case retry > 0:
			return nil, &backoff.RetryAfterError{Duration: retry}
		}
		return nil, err
	}
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier, waits.MaxInterval = t.cfg.Wait, 2, maxWait
	resp, err := backoff.Retry(r.Context(), try, backoff.WithBackOff(waits), backoff.WithMaxTries(uint(t.cfg.Tries)),
		backoff.WithMaxElapsedTime(time.Hour), backoff.WithNotify(func(_ error, wait time.Duration) {
			if t.cfg.Waiting != nil {
				t.cfg.Waiting(t.cfg.Key.brief(last.Error()), wait)
			}
		}))
	if err == nil {
		return resp, nil
	}
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	return nil, &unavailable{tries, t.cfg.Key.brief(last.Error())}
}

// never says that a request is not worth another try.
const never = time.Duration(-1)

// once sends the request once. With an error it says when to try again: never, after this long, or, with 0, after the usual wait.
func (t *transport) once(r *http.Request) (*http.Response, time.Duration, error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.cfg.Timeout)
	defer cancel()
	again := r.Clone(ctx)
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, never, err
		}
		again.Body = body
	}
	resp, err := t.next.RoundTrip(again)
	if err != nil {
		return nil, 0, t.explain(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.cfg.MaxReply+1))
	switch {
	case int64(len(body)) > t.cfg.MaxReply:
		return nil, never, fmt.Errorf("the reply has more than %d bytes, want a shorter one; the model may be repeating itself", t.cfg.MaxReply)
	case err != nil:
		return nil, 0, t.explain(ctx, fmt.Errorf("the connection was cut in the middle of the reply: %w", err))
	case resp.StatusCode < 300 && !json.Valid(body):
		return nil, 0, fmt.Errorf("status %d with a reply that is not JSON: %s", resp.StatusCode, t.cfg.Key.brief(string(body)))
	case resp.StatusCode < 300 && errorInside(body):
		return nil, 0, fmt.Errorf("status %d with an error inside: %s", resp.StatusCode, t.cfg.Key.brief(messageOf(body)))
	case worthRetrying(resp.StatusCode, body):
		return t.later(resp, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, 0, nil
}

// later turns a status that may pass into an error with the time the server asks for.
func (t *transport) later(resp *http.Response, body []byte) (*http.Response, time.Duration, error) {
	err := fmt.Errorf("status %s: %s", resp.Status, t.cfg.Key.brief(messageOf(body)))
	wait, asked := retryAfter(resp.Header, time.Now())
	switch {
	case wait > maxWait:
		return nil, never, fmt.Errorf("%w; the server asks to wait %s, longer than the %s a request may wait", err, wait.Round(time.Second), maxWait)
	case asked:
		return nil, max(wait, time.Millisecond), err
	}
	return nil, 0, err
}

// explain says a time-out in words.
func (t *transport) explain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no complete reply within %s", t.cfg.Timeout)
	}
	return err
}

func worthRetrying(status int, body []byte) bool {
	switch status {
	case http.StatusTooManyRequests:
		return !strings.Contains(string(body), "insufficient_quota") // a limit of money, not of speed
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// retryAfter reads how long the server asks to wait: milliseconds in OpenAI's own header, or seconds or a date in the
// standard one (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms >= 0 {
		return time.Duration(ms * float64(time.Millisecond)), true
	}
	after := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(after, 64); err == nil && s >= 0 {
		return time.Duration(min(s, 1e6) * float64(time.Second)), true
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

// errorInside reports whether a reply that claims success holds an error and no choice; gateways send such.
func errorInside(body []byte) bool {
	var r struct {
		Error   json.RawMessage   `json:"error"`
		Choices []json.RawMessage `json:"choices"`
	}
	return json.Unmarshal(body, &r) == nil && len(r.Choices) == 0 && len(r.Error) > 0 && string(r.Error) != "null"
}

// messageOf finds the words in an error reply; the whole body when it has another form.
func messageOf(body []byte) string {
	var e struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &e) != nil {
		return string(body)
	}
	var inner struct {
		Message string `json:"message"`
	}
	var text string
	switch {
	case json.Unmarshal(e.Error, &inner) == nil && inner.Message != "":
		return inner.Message
	case json.Unmarshal(e.Error, &text) == nil && text != "":
		return text
	case e.Message != "":
		return e.Message
	case len(e.Detail) > 0:
		return string(e.Detail)
	}
	return string(body)
}
