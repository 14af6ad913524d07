// Package branch puts files on a branch of a git repository as one commit.
//
// The git command does the git. Nothing that is checked out is touched: the commit is made from an index of its own, so a
// repository with work in progress, or with no work tree at all, will do.
package branch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/gen/child"
)

// limit bounds one run of git; a push over a slow line takes longest.
const limit = 5 * time.Minute

// A Repo is a git repository on this machine.
type Repo struct {
	dir string
	git string   // the command
	env []string // of every run
}

// Open finds the repository that dir is in.
func Open(ctx context.Context, dir string) (*Repo, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w; install git", dir, err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w", dir, err)
	}
	r := &Repo{dir: abs, git: git, env: environment()}
	if _, err := r.run(ctx, nil, "rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("open repository %s: %w", dir, err)
	}
	return r, nil
}

// environment is the user's own, which git finds its identity, keys and proxies by, without what would point it at
// another repository, and without questions that nobody is there to answer.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE":
		default:
			env = append(env, kv)
		}
	}
	return append(env, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// run runs git and returns what it printed, without the last line end.
func (r *Repo) run(ctx context.Context, stdin []byte, args ...string) (string, error) {
	return r.runWith(ctx, nil, stdin, args...)
}

func (r *Repo) runWith(ctx context.Context, env []string, stdin []byte, args ...string) (string, error) {
	res, err := child.Run(ctx, child.Command{
		Path: r.git, Args: args, Dir: r.dir, Env: slices.Concat(r.env, env), Stdin: stdin, Limit: limit, MaxOutput: 16 << 20,
	})
	return strings.TrimSuffix(string(res.Stdout), "\n"), err
}

// Show returns a file as it is at a revision.
func (r *Repo) Show(ctx context.Context, revision, file string) ([]byte, error) {
	res, err := child.Run(ctx, child.Command{
		Path: r.git, Args: []string{"cat-file", "blob", revision + ":" + file}, Dir: r.dir, Env: r.env, Limit: limit, MaxOutput: 16 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("read %s at %s: %w", file, revision, err)
	}
	return res.Stdout, nil
}

// Folder returns the files of a folder as they are at a revision, by name. What lies deeper is named by its path.
func (r *Repo) Folder(ctx context.Context, revision, folder string) (map[string][]byte, error) {
	list, err := r.run(ctx, nil, "ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, folder+"/")
	if err != nil {
		return nil, fmt.Errorf("list %s at %s: %w", folder, revision, err)
	}
	files := map[string][]byte{}
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		if name == "" {
			continue
		}
		if files[strings.TrimPrefix(name, folder+"/")], err = r.Show(ctx, revision, name); err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("list %s at %s: there is no such folder", folder, revision)
	}
	return files, nil
}

// A Commit is files to be added to what a revision holds.
type Commit struct {
	Base    string            // revision that the branch begins at
	Branch  string            // to be made
	Message string            // of the commit
	Files   map[string][]byte // by slash path from the root of the repository
}

// ErrExists means that the branch is there already and holds something else.
var ErrExists = errors.New("the branch exists and holds something else; delete it, or name another with --branch")

// Make makes the branch and returns the commit's hash. A branch that holds just these files upon the base already is left
// as it is, so that a proposal that was interrupted can be repeated.
func (r *Repo) Make(ctx context.Context, c Commit) (string, error) {
	fail := func(err error) (string, error) { return "", fmt.Errorf("make branch %s: %w", c.Branch, err) }
	if _, err := r.run(ctx, nil, "check-ref-format", "--branch", c.Branch); err != nil {
		return fail(err)
	}
	base, err := r.run(ctx, nil, "rev-parse", "--verify", "--end-of-options", c.Base+"^{commit}")
	if err != nil {
		return fail(err)
	}
	tree, err := r.tree(ctx, base, c.Files)
	if err != nil {
		return fail(err)
	}
	ref := "refs/heads/" + c.Branch
	if is, err := r.run(ctx, nil, "rev-parse", "--verify", "--quiet", ref+"^{commit}"); err == nil {
		if now, err := r.run(ctx, nil, "rev-parse", ref+"^{tree}"); err != nil || now != tree {
			return fail(ErrExists)
		}
		return is, nil
	}
	hash, err := r.run(ctx, []byte(c.Message), "commit-tree", tree, "-p", base)
	if err != nil {
		return fail(err)
	}
	// The empty old value makes git refuse when somebody else made the branch meanwhile.
	if _, err := r.run(ctx, nil, "update-ref", "-m", "bilevel mechanism propose", ref, hash, strings.Repeat("0", len(hash))); err != nil {
		return fail(err)
	}
	return hash, nil
}

// tree writes the tree of a commit with files added, by an index of its own.
func (r *Repo) tree(ctx context.Context, base string, files map[string][]byte) (string, error) {
	tmp, err := os.MkdirTemp("", "bilevel-index-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(tmp, "index")}
	if _, err := r.runWith(ctx, index, nil, "read-tree", base); err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name {
			return "", fmt.Errorf("file %q, want a clean path inside the repository", name)
		}
		blob, err := r.run(ctx, files[name], "hash-object", "-w", "--no-filters", "--stdin")
		if err != nil {
			return "", err
		}
		// Not --index-info, which leaves out paths that it does not like, and says nothing.
		if _, err := r.runWith(ctx, index, nil, "update-index", "--add", "--cacheinfo", "100644", blob, name); err != nil {
			return "", err
		}
	}
	return r.runWith(ctx, index, nil, "write-tree")
}

// Remote returns the address that a remote is pushed to.
func (r *Repo) Remote(ctx context.Context, remote string) (string, error) {
	url, err := r.run(ctx, nil, "remote", "get-url", "--push", remote)
	if err != nil {
		return "", fmt.Errorf("find remote %s: %w; git remote lists those there are", remote, err)
	}
	return url, nil
}

// Push sends a branch to a remote under its own name. It forces nothing.
func (r *Repo) Push(ctx context.Context, remote, branch string) error {
	ref := "refs/heads/" + branch
	if _, err := r.run(ctx, nil, "push", "--quiet", remote, ref+":"+ref); err != nil {
		return fmt.Errorf("push %s to %s: %w", branch, remote, err)
	}
	return nil
}

// Head names the branch that is checked out, and fails where none is.
func (r *Repo) Head(ctx context.Context) (string, error) {
	name, err := r.run(ctx, nil, "symbolic-ref", "--quiet", "--short", "HEAD")
	if err != nil {
		return "", fmt.Errorf("find the branch that is checked out: there is none; name one with --base")
	}
	return name, nil
}
