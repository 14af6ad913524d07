package forge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const token = "very-secret-0123456789"

func TestRemotesAreLocated(t *testing.T) {
	for _, c := range []struct {
		remote, api string
		kind        Kind
		want        Repository
	}{
		{"https://github.com/some/thing.git", "", "", Repository{GitHub, "https://api.github.com", "some", "thing"}},
		{"git@github.com:some/thing.git", "", "", Repository{GitHub, "https://api.github.com", "some", "thing"}},
		{"ssh://git@git.example.org:2222/some/thing.git", "", "", Repository{Gitea, "https://git.example.org/api/v1", "some", "thing"}},
		{"https://git.example.org:8443/some/thing", "", "", Repository{Gitea, "https://git.example.org:8443/api/v1", "some", "thing"}},
		{"https://github.example.org/some/thing", "", GitHub, Repository{GitHub, "https://github.example.org/api/v3", "some", "thing"}},
		{"/srv/git/some/thing.git", "http://localhost:1/api/v1/", Gitea, Repository{Gitea, "http://localhost:1/api/v1", "some", "thing"}},
	} {
		got, err := Locate(c.remote, c.kind, c.api)
		if err != nil || got != c.want {
			t.Errorf("Locate(%q, %q, %q) = %+v, %v; want %+v", c.remote, c.kind, c.api, got, err, c.want)
		}
	}
	for _, c := range []struct {
		remote string
		kind   Kind
		want   string
	}{
		{"/srv/git/some/thing.git", "", "--api"},
		{"https://somebody:password@example.org/x", "", "owner"},
		{"https://github.com/a/b", "sourceforge", "github or gitea"},
	} {
		_, err := Locate(c.remote, c.kind, "")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "password") {
			t.Errorf("Locate(%q, %q) gave %v, want an error with %q and without a password", c.remote, c.kind, err, c.want)
		}
	}
}

// A hub is a server that answers about pull requests as GitHub and Gitea do.
type hub struct {
	*httptest.Server
	kind Kind

	mu    sync.Mutex
	pulls []pull
	seen  []string // method and path of every request
}

type pull struct {
	Number int    `json:"number"`
	URL    string `json:"html_url"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Head   ref    `json:"head"`
	Base   ref    `json:"base"`
}

func newHub(t *testing.T, kind Kind) *hub {
	h := &hub{kind: kind}
	root := "/repos/some/thing/pulls"
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+root, h.open)
	mux.HandleFunc("GET "+root, h.list)
	mux.HandleFunc("PATCH "+root+"/{number}", h.edit)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen = append(h.seen, r.Method+" "+r.URL.Path)
		want := "token " + token
		if kind == GitHub {
			want = "Bearer " + token
		}
		if got := r.Header.Get("Authorization"); got != want {
			http.Error(w, `{"message": "bad credentials: `+got+`"}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hub) open(w http.ResponseWriter, r *http.Request) {
	var q struct{ Title, Body, Head, Base string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Title == "" || q.Head == "" {
		http.Error(w, `{"message": "Validation Failed"}`, http.StatusUnprocessableEntity)
		return
	}
	for _, p := range h.pulls {
		if p.Head.Ref == q.Head {
			code := http.StatusConflict
			if h.kind == GitHub {
				code = http.StatusUnprocessableEntity
			}
			http.Error(w, `{"message": "a pull request already exists"}`, code)
			return
		}
	}
	n := len(h.pulls) + 1
	h.pulls = append(h.pulls, pull{n, fmt.Sprintf("%s/some/thing/pulls/%d", h.URL, n), q.Title, q.Body, ref{q.Head}, ref{q.Base}})
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(h.pulls[n-1])
}

func (h *hub) list(w http.ResponseWriter, r *http.Request) {
	list := []pull{}
	for _, p := range h.pulls {
		if head := r.URL.Query().Get("head"); r.URL.Query().Get("page") == "1" && (head == "" || head == "some:"+p.Head.Ref) {
			list = append(list, p)
		}
	}
	json.NewEncoder(w).Encode(list)
}

func (h *hub) edit(w http.ResponseWriter, r *http.Request) {
	var n int
	if _, err := fmt.Sscan(r.PathValue("number"), &n); err != nil || n < 1 || n > len(h.pulls) {
		http.NotFound(w, r)
		return
	}
	var q struct{ Title, Body string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.pulls[n-1].Title, h.pulls[n-1].Body = q.Title, q.Body
	json.NewEncoder(w).Encode(h.pulls[n-1])
}

func TestOpensAPullRequestOnceAndThenBringsItUpToDate(t *testing.T) {
	for _, kind := range []Kind{GitHub, Gitea} {
		t.Run(string(kind), func(t *testing.T) {
			h := newHub(t, kind)
			repo, ctx := Repository{kind, h.URL, "some", "thing"}, context.Background()
			for _, other := range []string{"first", "second"} {
				if _, _, err := Open(ctx, repo, token, Request{Title: other, Head: other, Base: "main"}); err != nil {
					t.Fatal(err)
				}
			}
			q := Request{Title: "fold", Body: "old page", Head: "mechanism/fold", Base: "main"}
			p, opened, err := Open(ctx, repo, token, q)
			if err != nil || !opened || p.Number != 3 || p.URL != h.URL+"/some/thing/pulls/3" {
				t.Fatalf("opened %+v, %v, %v; want number 3, newly opened", p, opened, err)
			}
			q.Body = "new page"
			p, opened, err = Open(ctx, repo, token, q)
			if err != nil || opened || p.Number != 3 {
				t.Fatalf("again gave %+v, %v, %v; want number 3, not newly opened", p, opened, err)
			}
			if len(h.pulls) != 3 || h.pulls[2].Body != "new page" {
				t.Errorf("the forge has %+v, want three pull requests and the last with the new page", h.pulls)
			}
		})
	}
}

func TestABodyThatIsTooLongIsCutAndSaysSo(t *testing.T) {
	h := newHub(t, GitHub)
	_, _, err := Open(context.Background(), Repository{GitHub, h.URL, "some", "thing"}, token, Request{Title: "t", Body: strings.Repeat("é", 50000), Head: "h", Base: "main"})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.pulls[0].Body; len(got) > 65536 || !strings.Contains(got, "cut here") || strings.Contains(got, "\ufffd") {
		t.Errorf("the body has %d bytes and ends %q, want fewer than 65536, whole characters and a word about the cut", len(got), got[len(got)-80:])
	}
}

func TestErrorsSayWhatToDoAndNeverTheToken(t *testing.T) {
	h, ctx := newHub(t, Gitea), context.Background()
	q := Request{Title: "t", Head: "h", Base: "main"}
	moved := httptest.NewServer(http.RedirectHandler(h.URL+"/elsewhere", http.StatusTemporaryRedirect))
	t.Cleanup(moved.Close)
	notJSON := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	t.Cleanup(notJSON.Close)
	for _, c := range []struct {
		repo  Repository
		token string
		want  string
	}{
		{Repository{Gitea, h.URL, "some", "thing"}, token + "x", "GITEA_TOKEN"},
		{Repository{Gitea, h.URL, "some", "other"}, token, "no such repository"},
		{Repository{Gitea, moved.URL, "some", "thing"}, token, "elsewhere"},
		{Repository{Gitea, notJSON.URL, "some", "thing"}, token, "not that of a gitea"},
		{Repository{Gitea, "http://127.0.0.1:1", "some", "thing"}, token, "refused"},
	} {
		_, _, err := Open(ctx, c.repo, c.token, q)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), c.token) {
			t.Errorf("%+v gave %v; want an error with %q and without the token", c.repo, err, c.want)
		}
	}
	for _, seen := range h.seen {
		if strings.Contains(seen, "elsewhere") {
			t.Errorf("the token followed a redirection: %s", seen)
		}
	}
	if _, _, err := Open(ctx, Repository{Gitea, h.URL, "some", "thing"}, token, Request{Head: "h"}); err == nil || !strings.Contains(err.Error(), "Validation Failed") {
		t.Errorf("a request without a title gave %v, want what the forge said", err)
	}
}
