package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/report/browsertest"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// watched is a run of one trial that goes on in a writer, and a server that only reads it.
func watched(t *testing.T) (*store.Store, *Server) {
	t.Helper()
	space := mechanisms.Space{Name: "one", Params: []mechanisms.Param{{Name: "A", Kind: mechanisms.Float, Max: 1, Default: 0.5}}}
	writer, err := store.Create(t.TempDir(), store.Meta{
		Seed: 7, Task: task.Spec{Kind: task.KindSurface}, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy", Parallel: 1, Trials: 9, Model: "test", Program: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() })
	trial(t, writer, 0)
	reader, err := store.Read(writer.Dir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return writer, New(reader, "127.0.0.1:4711")
}

// trial records trial seq, to be found on the page by its reason.
func trial(t *testing.T, s *store.Store, seq int) {
	t.Helper()
	for _, err := range []error{
		s.RecordProposal("greedy", wire.Start{Proposal: mechanisms.Proposal{Seq: seq, Point: mechanisms.Point{0.5}, Why: reason(seq)}}),
		s.RecordOutcome(seq, task.Outcome{Status: mechanisms.Complete, Result: task.Result{BPB: 2 - float64(seq)/8}}, false),
		s.RecordDecision("greedy", wire.Decide{Seq: seq, Kept: true, State: []byte(`{}`)}),
	} {
		if err != nil {
			t.Error(err) // not Fatal: the server's goroutines call this too
		}
	}
}

func reason(seq int) string { return fmt.Sprintf("the reason of trial %d", seq) }

func get(s *Server, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://"+s.host+path, nil)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestOnlyWhoHasTheAddressIsAnswered(t *testing.T) {
	_, s := watched(t)
	page := "/" + s.token + "/"
	for _, x := range []struct {
		what   string
		path   string
		change func(*http.Request)
		want   int
	}{
		{"the address that was printed", page, nil, 200},
		{"its events", page + "events", nil, 200},
		{"from a page of its own", page + "events", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:4711") }, 200},
		{"no token", "/", nil, 404},
		{"another token", "/" + strings.Repeat("A", len(s.token)) + "/", nil, 404},
		{"the token's beginning", "/" + s.token[:10] + "/", nil, 404},
		{"events without the token", "/events", nil, 404},
		{"anything else below it", page + "run.db", nil, 404},
		{"out of it", page + "../../etc/passwd", nil, 404},
		{"another host, as after DNS rebinding", page, func(r *http.Request) { r.Host = "evil.example:4711" }, 403},
		{"the host by another name", page, func(r *http.Request) { r.Host = "localhost:4711" }, 403},
		{"another port", page, func(r *http.Request) { r.Host = "127.0.0.1:80" }, 403},
		{"another origin", page, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		{"no origin that can be named", page, func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"a change", page, func(r *http.Request) { r.Method = http.MethodPost }, 405},
	} {
		w := get(s, x.path, x.change)
		if w.Code != x.want {
			t.Errorf("%s: status %d, want %d", x.what, w.Code, x.want)
		}
		if w.Code != 200 && strings.Contains(w.Body.String(), s.token) {
			t.Errorf("%s: the refusal tells the token", x.what)
		}
		if w.Code != 200 && strings.Contains(w.Body.String(), "trial") {
			t.Errorf("%s: the refusal tells of the run", x.what)
		}
	}
}

func TestPageFollowsTheRecord(t *testing.T) {
	writer, s := watched(t)
	page := func() []byte { return get(s, "/"+s.token+"/", nil).Body.Bytes() }
	last := func() (n struct{ Last int64 }) {
		if err := json.Unmarshal(get(s, "/"+s.token+"/events", nil).Body.Bytes(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, at := page(), last()
	if !bytes.Contains(before, []byte(reason(0))) || bytes.Contains(before, []byte(reason(1))) {
		t.Fatal("the first page does not show trial 0 alone")
	}
	if again := last(); again != at {
		t.Errorf("nothing was recorded, but the last event went from %d to %d", at.Last, again.Last)
	}
	trial(t, writer, 1)
	if now := last(); now.Last != at.Last+3 {
		t.Errorf("three events were recorded after %d; the last is said to be %d", at.Last, now.Last)
	}
	if after := page(); !bytes.Contains(after, []byte(reason(1))) {
		t.Error("the page does not show the trial that was recorded since")
	}
	if now := last(); now.Last != at.Last+3 {
		t.Errorf("after the new page the last event is said to be %d, want %d", now.Last, at.Last+3)
	}
}

func TestEveryAnswerHasItsOwnNonce(t *testing.T) {
	_, s := watched(t)
	one, two := get(s, "/"+s.token+"/", nil), get(s, "/"+s.token+"/", nil)
	policy := one.Header().Get("Content-Security-Policy")
	if policy == two.Header().Get("Content-Security-Policy") {
		t.Error("two answers have one nonce")
	}
	_, nonce, _ := strings.Cut(policy, "'nonce-")
	nonce, _, _ = strings.Cut(nonce, "'")
	if !strings.Contains(one.Body.String(), `<script nonce="`+nonce+`">`) {
		t.Errorf("the page's script does not bear the nonce of %q", policy)
	}
}

func TestListensOnThisMachineOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "localhost:0", "192.0.2.1:80", "127.0.0.1"} {
		if l, err := Listen(addr); err == nil {
			l.Close()
			t.Errorf("listening on %s was not refused", addr)
		}
	}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), "port 0 takes a free one") {
		t.Errorf("listening twice on %s: %v", l.Addr(), err)
	}
}

// A trial recorded while the page is open appears in it, and the policy lets the page's own script do that.
func TestOpenPageTakesInANewTrial(t *testing.T) {
	chromium := browsertest.Find(t)
	writer, s := watched(t)
	var once sync.Once
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			once.Do(func() { trial(t, writer, 1) })
		}
		s.ServeHTTP(w, r)
	}))
	s.host = server.Listener.Addr().String()
	server.Start()
	defer server.Close()
	dom := browsertest.DOM(t, chromium, "light", s.URL())
	for seq := range 2 {
		if !bytes.Contains(dom, []byte(reason(seq))) {
			t.Errorf("the open page does not show trial %d", seq)
		}
	}
	if resp, err := http.Get(server.URL + "/"); err != nil || resp.StatusCode != http.StatusNotFound {
		b, _ := io.ReadAll(resp.Body)
		t.Errorf("without the token the server says %s (%v)", b, err)
	}
}
