package live

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/guide"
	"github.com/seed161a02ea/bilevel/harness/report/browsertest"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// say sends what the page's own script sends, changed by change.
func say(s *Server, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, s.URL()+"guidance", strings.NewReader(body))
	r.Header.Set("Origin", "http://"+s.host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(secretHeader, s.secret)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestOnlyThePageItselfMaySaySomething(t *testing.T) {
	writer, s := watched(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			if r.Header.Set(name, value); value == "" {
				r.Header.Del(name)
			}
		}
	}
	const good = `{"text": "raise A"}`
	for _, x := range []struct {
		what   string
		body   string
		change func(*http.Request)
		want   int
	}{
		{"another host", good, func(r *http.Request) { r.Host = "evil.example:4711" }, 403},
		{"another origin", good, header("Origin", "http://evil.example"), 403},
		{"an origin without a name", good, header("Origin", "null"), 403},
		{"no origin", good, header("Origin", ""), 403},
		{"another site, as the browser says", good, header("Sec-Fetch-Site", "cross-site"), 403},
		{"a page opened from a mail", good, header("Sec-Fetch-Site", "none"), 403},
		{"no secret of the page", good, header(secretHeader, ""), 403},
		{"another secret", good, header(secretHeader, strings.Repeat("A", len(s.secret))), 403},
		{"the token for the secret", good, header(secretHeader, s.token), 403},
		{"a form, which any page can send", "text=raise+A", header("Content-Type", "application/x-www-form-urlencoded"), 415},
		{"plain text, which any page can send", good, header("Content-Type", "text/plain"), 415},
		{"another token", good, func(r *http.Request) { r.URL.Path = "/" + strings.Repeat("A", len(s.token)) + "/guidance" }, 404},
		{"another path", good, func(r *http.Request) { r.URL.Path = "/" + s.token + "/events" }, 405},
		{"reading it", good, func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"another method", good, func(r *http.Request) { r.Method = http.MethodPut }, 405},
		{"a preflight request", good, func(r *http.Request) { r.Method = http.MethodOptions }, 405},
		{"no JSON", "raise A", nil, 400},
		{"another field", `{"text": "a", "from": 3}`, nil, 400},
		{"two things", good + good, nil, 400},
		{"both at once", `{"text": "a", "withdraw": true}`, nil, 400},
		{"nothing", `{"text": " \u0000 "}`, nil, 422},
		{"too long", fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", guide.MaxBytes+1)), nil, 422},
		{"far too long", fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", 10*guide.MaxBytes)), nil, 413},
	} {
		if w := say(s, x.body, x.change); w.Code != x.want {
			t.Errorf("%s: status %d (%s), want %d", x.what, w.Code, strings.TrimSpace(w.Body.String()), x.want)
		}
	}
	if left, err := os.ReadDir(filepath.Join(writer.Dir(), guide.Folder)); err == nil && len(left) > 0 {
		t.Errorf("refused requests left %v", left)
	}
}

func TestWhatIsSaidWaitsForTheRunAndIsShown(t *testing.T) {
	writer, s := watched(t)
	page := func() string { return get(s, "/"+s.token+"/", nil).Body.String() }
	events := func() string { return get(s, "/"+s.token+"/events", nil).Body.String() }
	page()
	before := events()
	if w := say(s, `{"text": "raise A\u001b[31m <b>now</b>"}`, nil); w.Code != 200 || w.Body.String() != "Guidance 1 waits for the next proposal." {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if events() == before {
		t.Error("an open page is not told that something waits")
	}
	if p := page(); !strings.Contains(p, "Guidance 1 waits for the next proposal: raise A[31m &lt;b&gt;now&lt;/b&gt;") {
		t.Error("the page does not show what waits")
	}
	words, err := guide.Waiting(writer.Dir(), 0)
	if err != nil || len(words) != 1 || words[0].Via != "watch" || words[0].Said == 0 {
		t.Fatalf("in the run's folder waits %+v, %v", words, err)
	}
	// The run hears it.
	if err := writer.RecordGuidance(store.Guidance{N: 1, From: 1, Text: words[0].Text, Via: words[0].Via}, words[0].Said); err != nil {
		t.Fatal(err)
	}
	if p := page(); strings.Contains(p, "waits for") || !strings.Contains(p, `A person, from trial 1 on: <span id="in-force">raise A`) || !strings.Contains(p, `<table id="guidance">`) {
		t.Error("the page does not show what is in force")
	}
	if w := say(s, `{"withdraw": true}`, nil); w.Code != 200 || !strings.Contains(page(), "Guidance 2 waits for the next proposal; it withdraws what is in force then") {
		t.Errorf("withdrawing: status %d: %s", w.Code, w.Body)
	}
	if err := writer.RecordGuidance(store.Guidance{N: 2, From: 1, Via: "watch"}, 1); err != nil {
		t.Fatal(err)
	}
	if p := page(); strings.Contains(p, `id="in-force"`) || !strings.Contains(p, "withdrawn") {
		t.Error("the page still shows what was withdrawn as in force")
	}
}

// The box works in a real browser: what its own script sends passes every check, and the page shows it without being loaded anew.
func TestTheBoxInABrowser(t *testing.T) {
	chromium := browsertest.Find(t)
	writer, s := watched(t)
	const typed = "Raise A first.\nThen B."
	// Nobody types in a headless browser: a script beside the page's own does, as a reader's fingers would.
	fingers := fmt.Sprintf(`<script nonce="NONCE">addEventListener("load", () => setTimeout(() => { document.getElementById("words").value = %q; document.querySelector("#say button").click(); }, 100));</script></body>`, typed)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/"+s.token+"/") {
			s.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		policy := answer.Header().Get("Content-Security-Policy")
		_, nonce, _ := strings.Cut(policy, "'nonce-")
		nonce, _, _ = strings.Cut(nonce, "'")
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.Header().Set("Content-Security-Policy", policy)
		w.Write(bytes.Replace(answer.Body.Bytes(), []byte("</body>"), []byte(strings.Replace(fingers, "NONCE", nonce, 1)), 1))
	}))
	s.host = server.Listener.Addr().String()
	server.Start()
	defer server.Close()
	dom := browsertest.DOM(t, chromium, "light", s.URL())
	for _, want := range []string{"Guidance 1 waits for the next proposal.", "Guidance 1 waits for the next proposal: Raise A first."} {
		if !bytes.Contains(dom, []byte(want)) {
			t.Errorf("the open page does not say %q", want)
		}
	}
	if words, err := guide.Waiting(writer.Dir(), 0); err != nil || len(words) != 1 || words[0].Text != typed {
		t.Errorf("in the run's folder waits %+v, %v; want %q once", words, err, typed)
	}
}
