package branch

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository makes a repository with one commit, a dirty work tree and a bare remote named origin.
func repository(t *testing.T) (dir, remote string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir, remote = filepath.Join(home, "work"), filepath.Join(home, "remote.git")
	git(t, home, "init", "-q", "--bare", remote)
	git(t, home, "init", "-q", "-b", "main", dir)
	git(t, dir, "config", "user.name", "Somebody")
	git(t, dir, "config", "user.email", "somebody@example.org")
	write(t, dir, "kept.txt", "kept\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "first")
	git(t, dir, "remote", "add", "origin", remote)
	write(t, dir, "kept.txt", "work in progress\n")
	write(t, dir, "staged.txt", "staged\n")
	git(t, dir, "add", "staged.txt")
	return dir, remote
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

var files = map[string][]byte{"deep/down/a.go": []byte("package a\r\n"), "deep/b.md": []byte("# b\n")}

func open(t *testing.T, dir string) *Repo {
	t.Helper()
	r, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOneCommitReachesTheRemoteAndTheWorkTreeStays(t *testing.T) {
	dir, remote := repository(t)
	before, ctx := git(t, dir, "status", "--porcelain"), context.Background()
	// As git sets it for a hook: it must not lead astray.
	t.Setenv("GIT_INDEX_FILE", filepath.Join(t.TempDir(), "other"))
	r := open(t, dir)
	os.Unsetenv("GIT_INDEX_FILE")
	c := Commit{Base: "main", Branch: "mechanism/fold-abcdef", Message: "mechanisms: propose fold\n\nIt folds.\n", Files: files}
	hash, err := r.Make(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Push(ctx, "origin", c.Branch); err != nil {
		t.Fatal(err)
	}
	if got := git(t, remote, "rev-parse", c.Branch); got != hash {
		t.Errorf("the remote has %s at the branch, want %s", got, hash)
	}
	if got := git(t, remote, "diff-tree", "-r", "--name-status", "--no-commit-id", hash); got != "A\tdeep/b.md\nA\tdeep/down/a.go" {
		t.Errorf("the commit changes\n%s\nwant the two files added and nothing else", got)
	}
	if got := git(t, dir, "log", "-1", "--format=%P %an %s", hash); got != git(t, dir, "rev-parse", "main")+" Somebody mechanisms: propose fold" {
		t.Errorf("parent, author and subject are %s", got)
	}
	if got := git(t, dir, "status", "--porcelain"); got != before {
		t.Errorf("status was\n%s\nand is now\n%s\nwant it untouched", before, got)
	}
	if got, err := r.Folder(ctx, c.Branch, "deep"); err != nil || len(got) != 2 || string(got["down/a.go"]) != "package a\r\n" {
		t.Errorf("the branch's folder is %q, %v; want both files to the byte", got, err)
	}
}

func TestAProposalCanBeRepeatedButNotOverwritten(t *testing.T) {
	dir, _ := repository(t)
	r, ctx := open(t, dir), context.Background()
	c := Commit{Base: "main", Branch: "b", Message: "m", Files: files}
	first, err := r.Make(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Make(ctx, c); err != nil || again != first {
		t.Errorf("the same again gave %s, %v; want %s", again, err, first)
	}
	c.Files = map[string][]byte{"other": []byte("x")}
	if _, err := r.Make(ctx, c); !errors.Is(err, ErrExists) {
		t.Errorf("other files on the same branch gave %v, want ErrExists", err)
	}
	if got := git(t, dir, "rev-parse", "b"); got != first {
		t.Errorf("the branch moved to %s", got)
	}
}

func TestWhatCannotBeMadeIsSaid(t *testing.T) {
	dir, _ := repository(t)
	r, ctx := open(t, dir), context.Background()
	for _, c := range []Commit{
		{Base: "main", Branch: "a..b", Files: files},
		{Base: "nowhere", Branch: "b", Files: files},
		{Base: "main", Branch: "b", Files: map[string][]byte{"../out": nil}},
		{Base: "main", Branch: "b", Files: map[string][]byte{".git/config": nil}},
	} {
		if hash, err := r.Make(ctx, c); err == nil {
			t.Errorf("%s upon %s with %d files made %s, want an error", c.Branch, c.Base, len(c.Files), hash)
		}
	}
	if _, err := r.Remote(ctx, "nobody"); err == nil || !strings.Contains(err.Error(), "git remote") {
		t.Errorf("a remote that is not there gave %v, want an error that says how to list them", err)
	}
	if _, err := Open(ctx, t.TempDir()); err == nil {
		t.Error("a folder outside any repository was opened")
	}
}
