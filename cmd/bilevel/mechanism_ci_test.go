package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script that the workflow runs reads a proposal, not the clone it was made in, and refuses one that reaches further.
func theWorkflowReviews(t *testing.T, cache string) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash to run the script with")
	}
	s := newStage(t, cache)
	if out, code := s.propose("--remote", "origin", "--forge", "gitea", "--api", s.forge.URL); code != 0 {
		t.Fatalf("propose ended with %d and\n%s", code, out)
	}
	head := filepath.Join(t.TempDir(), "head")
	s.must(s.repo, "git", "clone", "-q", "-b", "mechanism/"+s.name, s.remote, head)
	base := strings.TrimSpace(s.must(s.repo, "git", "rev-parse", "main"))
	pages, summary := filepath.Join(t.TempDir(), "pages"), filepath.Join(t.TempDir(), "summary")
	s.env = append(s.env, "SEARCHES=2", "GITHUB_STEP_SUMMARY="+summary)
	script := filepath.Join(root(t), ".ci", "review")
	review := func() (string, int) { return s.exec(head, "bash", script, s.tool, head, base, pages) }

	if out, code := review(); code != 0 {
		t.Fatalf("the review of a proposal ended with %d and\n%s", code, out)
	}
	want, err := os.ReadFile(filepath.Join(head, "mechanisms", "generated", s.name, "review.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(pages, s.name+".md"), summary} {
		if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
			t.Errorf("%s (%v) is not the page that the mechanism was proposed with:\n%s", filepath.Base(file), err, got)
		}
	}

	commit := func(file, text string) {
		t.Helper()
		if err := writeUnder(filepath.Join(head, file), []byte(text)); err != nil {
			t.Fatal(err)
		}
		s.must(head, "git", "add", "-A")
		s.must(head, "git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "more")
	}
	commit("mechanisms/greedy/more.go", "package greedy\n")
	if out, code := review(); code == 0 || !strings.Contains(out, "mechanisms/greedy/more.go") {
		t.Errorf("a proposal that changes greedy ended with %d and\n%s\nwant it refused by name", code, out)
	}
	s.must(head, "git", "reset", "-q", "--hard", "HEAD~1")
	commit("mechanisms/generated/"+s.name+"/zz_more_test.go", "package onward\n")
	if out, code := review(); code == 0 || !strings.Contains(out, "unfit") {
		t.Errorf("a proposal with a test of its own ended with %d and\n%s\nwant it unfit", code, out)
	}
	s.must(head, "git", "reset", "-q", "--hard", "HEAD~1")
	commit("mechanisms/generated/$(touch pwned)/x", "")
	if out, code := review(); code == 0 || !strings.Contains(out, "no name of a mechanism") {
		t.Errorf("a folder of an odd name ended with %d and\n%s\nwant it refused", code, out)
	}
}
