// Package live serves the report of a run on this machine while the run goes on.
//
// It reads, but for one box, in which a person says something to the run: what is sent from it becomes a file in the
// run's folder (see package guide), and nothing else is ever written. The address holds a random token, and requests that
// name another host, or come from a page of another origin, are refused: so neither another user of the machine nor a page
// open in the same browser can read the run. What is said must also bear a secret that stands in the page itself.
package live

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	_ "embed" // the page's script
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/guide"
	"github.com/seed161a02ea/bilevel/harness/report"
	"github.com/seed161a02ea/bilevel/harness/store"
)

//go:embed live.js
var script string

// A Server answers for one run on one address.
type Server struct {
	token  string // in the address
	secret string // in the page
	host   string // as it must stand in a request, port included

	mu    sync.Mutex // guards what follows, and the store's reading of several things as one
	s     *store.Store
	shown state
	page  []byte // nil before the first request
}

// A state tells one page from a later one.
type state struct {
	Last int64 `json:"last"` // ID of the newest event
	Said int   `json:"said"` // number of the last guidance, heard or waiting
}

// New makes a server for a run opened by store.Read, to be reached at host, which has the form address:port.
func New(s *store.Store, host string) *Server {
	return &Server{token: rand.Text(), secret: rand.Text(), host: host, s: s}
}

// Listen listens on an address of this machine that no other machine can reach. An address that others could reach is an
// error, and so is a name: it may mean something else tomorrow.
func Listen(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w; want an address and a port, as in 127.0.0.1:0", addr, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: %q is not a loopback address, want 127.0.0.1 or [::1]: the page is for this machine only; use ssh -L to see it from another", addr, host)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; port 0 takes a free one", addr, err)
	}
	return l, nil
}

// URL is where the page is. Whoever knows it can read the run.
func (s *Server) URL() string { return "http://" + s.host + "/" + s.token + "/" }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if status, why := s.refuse(r); status != 0 {
		http.Error(w, why, status)
		return
	}
	switch rest := below(r); rest {
	case "":
		s.servePage(w)
	case "events":
		s.serveEvents(w)
	case "guidance":
		s.serveSaying(w, r)
	default:
		http.NotFound(w, r)
	}
}

// refuse says why a request is not answered; 0 when it is. What is wrong with the sender is said before anything that the
// address could tell.
func (s *Server) refuse(r *http.Request) (status int, why string) {
	switch {
	case r.Host != s.host:
		return http.StatusForbidden, "refused: the request is for another host"
	case r.Header.Get("Origin") != "" && r.Header.Get("Origin") != "http://"+s.host:
		return http.StatusForbidden, "refused: the request comes from another origin"
	case r.Method != http.MethodGet && r.Method != http.MethodHead && below(r) != "guidance":
		return http.StatusMethodNotAllowed, "read only"
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
		return http.StatusNotFound, "not found: the address needs the token that bilevel watch printed"
	}
	return 0, ""
}

// below is what follows the token in the address.
func below(r *http.Request) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return rest
}

// serveEvents tells how far the record is, and how far the newest page.
func (s *Server) serveEvents(w http.ResponseWriter) {
	s.mu.Lock()
	now, err := s.newest()
	s.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(now) // a reader that went away is no fault of the run
}

// newest is how far the record is, and what waits to be heard.
func (s *Server) newest() (state, error) {
	now := s.shown
	events, err := s.s.Events(now.Last)
	if err != nil {
		return now, err
	}
	if len(events) > 0 {
		now.Last = events[len(events)-1].ID
	}
	words, err := guide.Waiting(s.s.Dir(), now.Said)
	if len(words) > 0 {
		now.Said = words[len(words)-1].N
	}
	return now, err
}

func (s *Server) servePage(w http.ResponseWriter) {
	nonce := rand.Text()
	b, err := s.render()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; script-src 'nonce-"+nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(bytes.Replace(b, []byte(placeholder), []byte(nonce), 1)) // as above
}

// placeholder stands where each answer puts its own nonce, so that one page serves all requests until something new is
// recorded. Nobody can write it into a record: it is new with every process.
var placeholder = rand.Text()

// render is the page as of now.
func (s *Server) render() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.newest()
	if err != nil || s.page != nil && now == s.shown {
		return s.page, err
	}
	if err := s.s.Refresh(); err != nil {
		return nil, err
	}
	run, err := report.Gather(s.s)
	if err != nil {
		return nil, err
	}
	waiting, err := guide.Waiting(s.s.Dir(), s.heard())
	if err != nil {
		return nil, err
	}
	facts, err := json.Marshal(struct {
		state
		Secret string `json:"secret"`
	}{now, s.secret})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	text := strings.Replace(script, "FACTS", string(facts), 1)
	live := report.Live{Script: template.JS(text), Nonce: placeholder, Waiting: waiting, MaxBytes: guide.MaxBytes}
	if err := run.Page(&b, &live); err != nil {
		return nil, err
	}
	s.page, s.shown = b.Bytes(), now
	return s.page, nil
}
