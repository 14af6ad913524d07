package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A stage is a run with a mechanism, a clone of the module with a bare remote, and a forge.
type stage struct {
	t                       *testing.T
	tool, run, repo, remote string
	name                    string // of the mechanism
	forge                   *httptest.Server
	asked                   []map[string]string // bodies of requests for a pull request
	env                     []string
}

const forgeToken = "token-that-nobody-may-see"

// A mechanism on its way from a run to a pull request. What is compiled is compiled once for all parts.
func TestProposals(t *testing.T) {
	cache := t.TempDir()
	for name, part := range map[string]func(*testing.T, string){
		"proposed, tested and reviewed again": proposedTestedAndReviewedAgain,
		"a touched folder is unfit":           aTouchedFolderIsUnfit,
		"what cannot be meant is refused":     refusesWhatItCannotMean,
		"the workflow reviews":                theWorkflowReviews,
	} {
		t.Run(name, func(t *testing.T) { part(t, cache) })
	}
}

func newStage(t *testing.T, cache string) *stage {
	home := t.TempDir()
	s := &stage{t: t, tool: toolBinary(t), run: filepath.Join(home, "run"), repo: filepath.Join(home, "clone"), remote: filepath.Join(home, "some", "thing.git")}
	s.env = append(os.Environ(), "GOCACHE="+buildCache(t), "HOME="+home, "XDG_CONFIG_HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "BILEVEL_CACHE="+cache, "GOFLAGS=-mod=mod", "GOPROXY=off", "GITEA_TOKEN="+forgeToken)
	s.record()
	s.clone()
	s.forge = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/repos/some/thing/pulls" || r.Header.Get("Authorization") != "token "+forgeToken {
			http.Error(w, "not as a forge wants it: "+r.Method+" "+r.URL.Path, http.StatusBadRequest)
			return
		}
		var q map[string]string
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.asked = append(s.asked, q)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"number": 7, "html_url": "https://forge.example/some/thing/pulls/7"}`)
	}))
	t.Cleanup(s.forge.Close)
	return s
}

// record makes a run in which level 2 wrote the mechanism of the script.
func (s *stage) record() {
	script, err := txtar.ParseFile(filepath.Join("testdata", "script", "mechanism.txtar"))
	if err != nil {
		s.t.Fatal(err)
	}
	var source string
	for _, f := range script.Files {
		if f.Name == "good.go" {
			source = string(f.Data)
		}
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(source)))
	s.name = wrap.Name("onward", hash)
	space := task.Sizes[0].Space
	st, err := store.Create(s.run, store.Meta{
		Seed: 1, Task: task.Spec{Kind: task.KindSurface}, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy", Parallel: 1, Trials: 30, Model: "simulated", Simulated: true, Program: "test",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	err = st.RecordMechanism(store.Mechanism{
		Name: s.name, Hash: hash, Parent: "greedy", Idea: "Going on.", Status: store.Ready, Source: source, Spec: "Go on in the direction that was kept last.", Dialogue: json.RawMessage(`[{"purpose":"explore"}]`),
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// clone makes a repository with the part of the module that a kept mechanism's tests need.
func (s *stage) clone() {
	err := fs.WalkDir(mechanisms.Source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := mechanisms.Source.ReadFile(name)
		if err != nil {
			return err
		}
		return writeUnder(filepath.Join(s.repo, "mechanisms", name), content)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := writeUnder(filepath.Join(s.repo, "go.mod"), []byte("module "+module+"\n\ngo 1.26\n")); err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(s.remote), 0o777); err != nil {
		s.t.Fatal(err)
	}
	s.must(filepath.Dir(s.remote), "git", "init", "-q", "--bare", s.remote)
	s.must(s.repo, "git", "init", "-q", "-b", "main")
	s.must(s.repo, "git", "config", "user.name", "Somebody")
	s.must(s.repo, "git", "config", "user.email", "somebody@example.org")
	s.must(s.repo, "git", "add", ".")
	s.must(s.repo, "git", "commit", "-q", "-m", "the module")
	s.must(s.repo, "git", "remote", "add", "origin", s.remote)
}

func writeUnder(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o666)
}

func (s *stage) must(dir, program string, args ...string) string {
	s.t.Helper()
	out, code := s.exec(dir, program, args...)
	if code != 0 {
		s.t.Fatalf("%s %v ended with %d:\n%s", program, args, code, out)
	}
	return out
}

func (s *stage) exec(dir, program string, args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, s.env
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (s *stage) propose(more ...string) (string, int) {
	return s.exec(s.repo, s.tool, append([]string{"mechanism", "propose", s.name, "--run", s.run, "--repo", ".", "--searches", "2"}, more...)...)
}

// A mechanism goes from a run to a pull request, is found by go test without a line written by hand, and is reviewed
// again from its branch and from its folder to the same page.
func proposedTestedAndReviewedAgain(t *testing.T, cache string) {
	s := newStage(t, cache)
	out, code := s.propose("--remote", "origin", "--forge", "gitea", "--api", s.forge.URL)
	if code != 0 || !strings.Contains(out, "pull request 7 opened: https://forge.example/some/thing/pulls/7") {
		t.Fatalf("propose ended with %d and\n%s\nwant a pull request", code, out)
	}
	branch, folder := "mechanism/"+s.name, filepath.Join("mechanisms", "generated", s.name)
	page := s.must(s.remote, "git", "show", branch+":mechanisms/generated/"+s.name+"/review.md")
	if len(s.asked) != 1 || s.asked[0]["head"] != branch || s.asked[0]["base"] != "main" || s.asked[0]["body"] != page {
		t.Errorf("the forge was asked %v, want one request for %s with the page of the branch", s.asked, branch)
	}
	if all := out + page + s.must(s.remote, "git", "show", branch); strings.Contains(all, forgeToken) || strings.Contains(all, s.run) {
		t.Error("what was printed or committed holds the token or a path of this machine")
	}
	if n := strings.TrimSpace(s.must(s.remote, "git", "rev-list", "--count", branch)); n != "2" {
		t.Errorf("the branch has %s commits, want the base and one more", n)
	}

	if again := s.must(s.repo, s.tool, "mechanism", "review", "--repo", ".", branch, "--searches", "2"); again != page {
		t.Errorf("the page of the branch is\n%s\nwant, as it was proposed with,\n%s", again, page)
	}
	s.must(s.repo, "git", "checkout", "-q", branch)
	if again := s.must(s.repo, s.tool, "mechanism", "review", folder, "--searches", "2"); again != page {
		t.Errorf("the page of the folder is\n%s\nwant, as it was proposed with,\n%s", again, page)
	}
	tested := s.must(s.repo, "go", "test", "-bench", ".", "-benchtime", "1x", "./mechanisms/generated/...")
	for _, f := range []string{"gptsim", "flat"} {
		if !strings.Contains(tested, "BenchmarkMechanisms/"+s.name+"/"+f) || !strings.Contains(tested, "regret30") {
			t.Errorf("go test -bench printed\n%s\nwant figures of %s on %s", tested, s.name, f)
		}
	}
	compared := s.must(s.repo, s.tool, "mechanism", "bench", folder, "random", "--searches", "2")
	if !strings.Contains(compared, s.name) || !strings.Contains(compared, "gptsim") {
		t.Errorf("bench of the folder printed\n%s", compared)
	}
}

// What lies beside the source is compiled and run by go test, so a folder that was touched is unfit.
func aTouchedFolderIsUnfit(t *testing.T, cache string) {
	s := newStage(t, cache)
	if out, code := s.propose(); code != 0 || !strings.Contains(out, "nothing was pushed") {
		t.Fatalf("propose ended with %d and\n%s", code, out)
	}
	s.must(s.repo, "git", "checkout", "-q", "mechanism/"+s.name)
	folder := filepath.Join(s.repo, "mechanisms", "generated", s.name)
	for file, text := range map[string]string{
		"zz_entry.go":      "package onward\n\nfunc init() { panic(1) }\n",
		"zz_entry_test.go": "",
		"other.go":         "package onward\n",
		"mechanism.go":     "// Package onward was touched.\npackage onward\n",
	} {
		s.must(s.repo, "git", "checkout", "-q", "-f", "mechanism/"+s.name)
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		out, code := s.exec(s.repo, s.tool, "mechanism", "review", folder, "--searches", "2")
		if code != exitFindings || !strings.Contains(out, "**Verdict: unfit.**") || !strings.Contains(out, file) {
			t.Errorf("with %s touched, review ended with %d and\n%.600s\nwant the verdict unfit and the file's name", file, code, out)
		}
		if file == "other.go" {
			if err := os.Remove(filepath.Join(folder, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func refusesWhatItCannotMean(t *testing.T, cache string) {
	s := newStage(t, cache)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--base", "nowhere"}, "go.mod"},
		{[]string{"--remote", "nobody"}, "git remote"},
		{[]string{"--searches", "1"}, "at least 2"},
	} {
		if out, code := s.propose(c.args...); code != exitUsage || !strings.Contains(out, c.want) {
			t.Errorf("propose %v ended with %d and\n%s\nwant %d and %q", c.args, code, out, exitUsage, c.want)
		}
	}
	if out := s.must(s.repo, "git", "branch", "--list"); strings.TrimSpace(out) != "* main" {
		t.Errorf("branches are %s, want main alone", out)
	}
	s.env = append(s.env, "GITEA_TOKEN=")
	if out, code := s.propose("--remote", "origin", "--forge", "gitea", "--api", s.forge.URL); code != 0 || !strings.Contains(out, "GITEA_TOKEN is not set") {
		t.Errorf("without a token propose ended with %d and\n%s\nwant a pushed branch and a word about the token", code, out)
	}
}
