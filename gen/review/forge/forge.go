// Package forge opens pull requests where a repository is hosted, over the REST interface of GitHub or Gitea.
package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Kind is a program that hosts repositories.
type Kind string

// The kinds that are spoken to. Forgejo speaks as Gitea does.
const (
	GitHub Kind = "github"
	Gitea  Kind = "gitea"
)

// Variable names the environment variable that holds the token for a kind.
func (k Kind) Variable() string {
	if k == GitHub {
		return "GITHUB_TOKEN"
	}
	return "GITEA_TOKEN"
}

// A Repository is one at a forge.
type Repository struct {
	Kind  Kind
	API   string // address that paths of the interface follow, without a slash at the end
	Owner string
	Name  string
}

// Locate finds the repository that a remote's address points to. A kind or API that is given is taken as it is; otherwise
// github.com is GitHub and any other host Gitea, asked over HTTPS.
func Locate(remote string, kind Kind, api string) (Repository, error) {
	host, path, err := split(remote)
	if err != nil {
		return Repository{}, err
	}
	if kind == "" {
		if kind = Gitea; host == "github.com" || strings.HasPrefix(api, "https://api.github.com") {
			kind = GitHub
		}
	}
	if kind != GitHub && kind != Gitea {
		return Repository{}, fmt.Errorf("forge %q, want %s or %s", kind, GitHub, Gitea)
	}
	parts := strings.Split(strings.Trim(strings.TrimSuffix(path, ".git"), "/"), "/")
	if len(parts) < 2 || parts[len(parts)-1] == "" || parts[len(parts)-2] == "" {
		return Repository{}, fmt.Errorf("remote address %s names no owner and repository", redact(remote))
	}
	switch {
	case api != "":
	case host == "":
		return Repository{}, fmt.Errorf("remote address %s is no forge's; name the address of its REST interface with --api", redact(remote))
	case kind == GitHub && host == "github.com":
		api = "https://api.github.com"
	case kind == GitHub:
		api = "https://" + host + "/api/v3"
	default:
		api = "https://" + host + "/api/v1"
	}
	return Repository{Kind: kind, API: strings.TrimRight(api, "/"), Owner: parts[len(parts)-2], Name: parts[len(parts)-1]}, nil
}

// split takes a remote's address apart: a URL, host:path as ssh has it, or a path on this machine, which has no host.
func split(remote string) (host, path string, err error) {
	if strings.Contains(remote, "://") {
		u, err := url.Parse(remote)
		if err != nil {
			return "", "", errors.New("remote address cannot be read as a URL") // the error would repeat what may hold a password
		}
		host := u.Host
		if u.Scheme != "http" && u.Scheme != "https" {
			host = u.Hostname() // its port is not that of the REST interface
		}
		return host, u.Path, nil
	}
	if before, after, found := strings.Cut(remote, ":"); found && !strings.ContainsAny(before, `/\`) && len(before) > 1 {
		return before[strings.LastIndexByte(before, '@')+1:], after, nil
	}
	return "", remote, nil
}

// redact leaves out the name and password that an address may hold.
func redact(remote string) string {
	if u, err := url.Parse(remote); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return remote
}

// A Request is a pull request to be opened.
type Request struct {
	Title string
	Body  string // Markdown
	Head  string // branch that holds the change
	Base  string // branch that it is proposed for
}

// A Pull is an open pull request.
type Pull struct {
	Number int    `json:"number"`
	URL    string `json:"html_url"`
	Head   ref    `json:"head"`
	Base   ref    `json:"base"`
}

type ref struct {
	Ref string `json:"ref"`
}

// longest is how many bytes a body may have at GitHub, which counts 65,536 characters.
const longest = 60000

// Open opens a pull request or, where one is open for this branch, brings its text up to date. The token is sent to the
// repository's API and nowhere else, and is in no error.
func Open(ctx context.Context, r Repository, token string, q Request) (p Pull, opened bool, err error) {
	c := client{repository: r, token: token}
	if len(q.Body) > longest {
		q.Body = strings.ToValidUTF8(q.Body[:longest], "") + "\n\n(The page is cut here; the whole of it is review.md in the branch.)\n"
	}
	var refused *refusal
	err = c.do(ctx, http.MethodPost, c.pulls(), map[string]string{"title": q.Title, "body": q.Body, "head": q.Head, "base": q.Base}, &p)
	if err == nil {
		return p, true, nil
	}
	// 422 at GitHub and 409 at Gitea: there is one already, or something else is wrong with the request.
	if !errors.As(err, &refused) || refused.status != http.StatusUnprocessableEntity && refused.status != http.StatusConflict {
		return Pull{}, false, fmt.Errorf("open pull request: %w", err)
	}
	standing, found, listErr := c.find(ctx, q)
	if listErr != nil {
		return Pull{}, false, fmt.Errorf("open pull request: %w", listErr)
	}
	if !found {
		return Pull{}, false, fmt.Errorf("open pull request: %w", err)
	}
	if err := c.do(ctx, http.MethodPatch, fmt.Sprintf("%s/%d", c.pulls(), standing.Number), map[string]string{"title": q.Title, "body": q.Body}, &p); err != nil {
		return Pull{}, false, fmt.Errorf("bring pull request %d up to date: %w", standing.Number, err)
	}
	return standing, false, nil
}

type client struct {
	repository Repository
	token      string
}

func (c client) pulls() string {
	return fmt.Sprintf("%s/repos/%s/%s/pulls", c.repository.API, url.PathEscape(c.repository.Owner), url.PathEscape(c.repository.Name))
}

// pages bounds how many pages of open pull requests are looked through.
const pages = 20

// find looks for the open pull request of a branch.
func (c client) find(ctx context.Context, q Request) (Pull, bool, error) {
	for page := 1; page <= pages; page++ {
		// Gitea reads limit, GitHub per_page and head; each leaves the other's alone.
		v := url.Values{"state": {"open"}, "page": {fmt.Sprint(page)}, "limit": {"50"}, "per_page": {"50"}}
		if c.repository.Kind == GitHub {
			v.Set("head", c.repository.Owner+":"+q.Head)
		}
		var list []Pull
		if err := c.do(ctx, http.MethodGet, c.pulls()+"?"+v.Encode(), nil, &list); err != nil {
			return Pull{}, false, err
		}
		for _, p := range list {
			if p.Head.Ref == q.Head && p.Base.Ref == q.Base {
				return p, true, nil
			}
		}
		if len(list) == 0 {
			break
		}
	}
	return Pull{}, false, nil
}

// A refusal is an answer that is no success.
type refusal struct {
	status int
	words  string
}

func (e *refusal) Error() string { return e.words }

// do asks once. Redirections are not followed: the token is for this address.
func (c client) do(ctx context.Context, method, address string, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var in io.Reader = http.NoBody
	if body != nil {
		j, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, in)
	if err != nil {
		return err
	}
	scheme := "token "
	if c.repository.Kind == GitHub {
		scheme = "Bearer "
		req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	}
	req.Header.Set("Authorization", scheme+c.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "bilevel")
	h := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := h.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, address, err)
	}
	if res.StatusCode/100 != 2 {
		return c.refused(method, address, res, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not that of a %s: %w; --api and --forge say where it is and what", method, address, c.repository.Kind, err)
	}
	return nil
}

// refused is an answer in words, with what to do about it. A server that repeats the token does not make us print it.
func (c client) refused(method, address string, res *http.Response, answer []byte) error {
	words := string(answer)
	if c.token != "" {
		words = strings.ReplaceAll(words, c.token, "(token)")
	}
	if len(words) > 600 {
		words = strings.ToValidUTF8(words[:600], "") + " ..."
	}
	text := fmt.Sprintf("%s %s: %s: %s", method, address, res.Status, strings.TrimSpace(words))
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		text += fmt.Sprintf("; the token in %s must be allowed to write pull requests to %s/%s", c.repository.Kind.Variable(), c.repository.Owner, c.repository.Name)
	case res.StatusCode == http.StatusNotFound:
		text += "; there is no such repository there, or the token may not see it; --api and --forge say where it is and what"
	case res.StatusCode/100 == 3:
		text += fmt.Sprintf("; it has moved to %s, which --api can name", redact(res.Header.Get("Location")))
	}
	return &refusal{res.StatusCode, text}
}
