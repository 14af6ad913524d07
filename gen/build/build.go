// Package build turns the module's own sources and an overlay of generated files into a program, from anywhere: a
// checkout or an installed binary, with no network and no module cache.
//
// The sources of the runner are embedded in the tool. They are written once into a cache folder as a module of their own
// that requires nothing; generated files come in by `go build -overlay` and are never written among them. The environment
// of the build is spelled out, so the same inputs give the same bytes on every machine with the same Go.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed161a02ea/bilevel/gen/child"
)

// Module is the path of the module, in the cache as in the repository.
const Module = "github.com/seed161a02ea/bilevel"

// limit bounds one run of the go command. A build takes well under a second when the standard library is in the build
// cache and about half a minute when it is not.
const limit = 5 * time.Minute

// flags are those of every build: no paths of this machine, no version control, no symbols, no build id, so that the
// bytes depend on the sources and the toolchain alone.
var flags = []string{"-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags=-s -w -buildid="}

// A Builder builds programs from one snapshot with one toolchain. It is safe for concurrent use, also by several
// processes on one cache folder.
type Builder struct {
	cache    string
	tool     Toolchain
	snapshot Snapshot
	dir      string // of the snapshot's files

	mu   sync.Mutex
	plan *plan // nil until prepared
}

// Options say what to build from, and with what.
type Options struct {
	Cache string   // folder for snapshots and binaries; "" means $BILEVEL_CACHE, else os.UserCacheDir()/bilevel
	Parts []Part   // the module's sources
	Go    string   // the go command; "" looks on PATH and in /usr/local/go/bin
	Env   []string // the environment to find the toolchain by; nil means os.Environ()
}

// New finds the toolchain and writes the snapshot into the cache, unless it is there already.
func New(ctx context.Context, o Options) (*Builder, error) {
	if o.Env == nil {
		o.Env = os.Environ()
	}
	cache, err := cacheDir(o.Cache, o.Env)
	if err != nil {
		return nil, err
	}
	tool, err := findToolchain(ctx, o.Go, o.Env)
	if err != nil {
		return nil, err
	}
	snap, err := takeSnapshot(o.Parts)
	if err != nil {
		return nil, err
	}
	dir, err := snap.write(filepath.Join(cache, "snapshot"))
	if err != nil {
		return nil, err
	}
	used(dir)
	sweep(cache, time.Now())
	return &Builder{cache: cache, tool: tool, snapshot: snap, dir: dir}, nil
}

// Toolchain returns what the builder builds with.
func (b *Builder) Toolchain() Toolchain { return b.tool }

// Snapshot returns what the builder builds from.
func (b *Builder) Snapshot() Snapshot { return b.snapshot }

// A Target is a program to build.
type Target struct {
	Package string            // of package main, relative to the module: "cmd/runner"
	Overlay map[string][]byte // files that replace or join the snapshot's, by slash path in the module; nil content takes a file away
}

// A Binary is a built program.
type Binary struct {
	Path   string `json:"path"`
	Hash   string `json:"hash"` // sha256 of the file in hex
	Size   int64  `json:"size"` // bytes
	Record Record `json:"record"`
	Cached bool   `json:"cached"` // it had been built before
}

// A Record says how a binary was made. It lies beside the binary and holds nothing that differs between two builds of
// the same inputs, except Driver and Took.
type Record struct {
	Key       string        `json:"key"`       // of the inputs: names the binary in the cache
	Hash      string        `json:"hash"`      // sha256 of the binary in hex
	Snapshot  string        `json:"snapshot"`  // hash of the module's sources
	Overlay   []FileHash    `json:"overlay"`   // generated files, by path
	Toolchain string        `json:"toolchain"` // "go1.26.8 linux/amd64"
	Package   string        `json:"package"`
	Flags     []string      `json:"flags"`
	Driver    string        `json:"driver,omitempty"` // "go build", or "compile and link", which gives the same bytes
	Took      time.Duration `json:"took_ns"`          // by the toolchain
}

// A FileHash is a file by content.
type FileHash struct {
	Path string `json:"path"` // in the module; slashes
	Hash string `json:"hash"` // sha256 in hex; empty for a file taken away
}

// A CompileError is a target that the compiler refuses: a finding about the source, not about this machine.
type CompileError struct {
	Output string   // the compiler's words, of the first package that it refuses
	Dirs   []string // of the packages it refuses, sorted; others may be refused once these are gone
}

func (e *CompileError) Error() string { return "go build: " + e.Output }

// Build returns the target's binary, from the cache when the same inputs were built before. A target that does not
// compile gives a *CompileError.
func (b *Builder) Build(ctx context.Context, t Target) (Binary, error) {
	rec := Record{Snapshot: b.snapshot.Hash, Toolchain: b.tool.String(), Package: t.Package, Flags: flags, Overlay: hashOverlay(t.Overlay)}
	rec.Key = rec.key()
	home := filepath.Join(b.cache, "bin", rec.Key[:2], rec.Key)
	if bin, err := load(home); err == nil {
		used(home)
		return bin, nil
	}
	tmp, err := tempDir(filepath.Join(b.cache, "tmp"))
	if err != nil {
		return Binary{}, err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		return Binary{}, fmt.Errorf("build %s: %w", t.Package, err)
	}
	overlay, err := b.writeOverlay(tmp, t.Overlay)
	if err != nil {
		return Binary{}, err
	}
	program := filepath.Join(out, b.tool.program())
	rec.Driver = driverGo
	var res child.Result
	var refused []string
	if p := b.fast(t); p != nil {
		rec.Driver = driverDirect
		res, refused, err = b.direct(ctx, p, t, tmp, program)
	} else {
		res, err = b.run(ctx, slices.Concat([]string{"build", "-overlay=" + overlay, "-o", program}, flags, []string{"./" + t.Package})...)
	}
	if err != nil {
		return Binary{}, b.compileError(t, tmp, res, refused, err)
	}
	rec.Took = res.Took
	return b.store(out, home, rec)
}

// run runs the go command in the snapshot.
func (b *Builder) run(ctx context.Context, args ...string) (child.Result, error) {
	return child.Run(ctx, child.Command{Path: b.tool.Path, Args: args, Dir: b.dir, Env: b.tool.env(), Limit: limit, MaxOutput: 8 << 20})
}

// compileError tells a compiler's refusal from a toolchain that could not do its work. The go command exits with 1 for
// both; a refusal has a line that begins with "# " and a package of the module, or names a file of it.
func (b *Builder) compileError(t Target, tmp string, res child.Result, refused []string, err error) error {
	var f *child.Failure
	if !errors.As(err, &f) {
		return fmt.Errorf("build %s: %w", t.Package, err)
	}
	words := string(res.Stderr)
	for _, dir := range []string{filepath.Join(tmp, overlayDir), b.dir} {
		words = strings.ReplaceAll(words, dir+string(filepath.Separator), "")
		if rel, err := filepath.Rel(b.dir, dir); err == nil && rel != "." {
			words = strings.ReplaceAll(words, rel+string(filepath.Separator), "")
		}
	}
	ours := false
	for line := range strings.Lines(words) {
		file, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		dir, named := strings.CutPrefix(strings.TrimSpace(line), "# "+Module+"/")
		if named {
			refused = append(refused, dir) // by go build
		}
		if _, inside := t.Overlay[file]; inside || named {
			ours = true
		}
	}
	if ours {
		slices.Sort(refused)
		return &CompileError{Output: strings.TrimSpace(words), Dirs: slices.Compact(refused)}
	}
	return fmt.Errorf("build %s with %s: %w", t.Package, b.tool, err)
}

// key identifies the inputs of a build.
func (r Record) key() string {
	r.Key, r.Hash, r.Driver, r.Took = "", "", "", 0
	j, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings only
	}
	return sum(j)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
