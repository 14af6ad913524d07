package build

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/gen/child"
)

// A plan is what is needed to build a program without the go command: it compiles the packages that an overlay touches and
// links them with archives that the go command made before. That takes about half the time of `go build`, which loads and
// checks some hundred packages to find that three have changed.
//
// A plan is used only after it gave, for the program without an overlay, the very bytes that go build gives with this
// toolchain.
type plan struct {
	Package  string            `json:"package"`
	Archives map[string]string `json:"archives"` // compiled packages in the build cache, by import path
	Info     string            `json:"info"`     // what the linker writes into the binary about the module, without its marks
	Same     bool              `json:"same"`     // it gave the bytes that go build gives
}

// The marks between which the linker writes what it is told about the module (cmd/go, modload). They are no UTF-8, so a plan
// does not hold them: JSON would change them, and with them the bytes of a binary that a later process links.
const (
	infoStart = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
	infoEnd   = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"
)

// The drivers of a build, as records name them.
const (
	driverGo     = "go build"
	driverDirect = "compile and link"
)

// planVersion is raised when a plan that was written before would be misread.
const planVersion = 2

// Prepare builds the package without an overlay, and makes ready what builds it fast with one, whose files may import the
// packages in extra. The build cache is warm afterwards.
func (b *Builder) Prepare(ctx context.Context, pkg string, extra []string) error {
	base, err := b.Build(ctx, Target{Package: pkg})
	if err != nil {
		return err
	}
	inputs, err := json.Marshal([]any{planVersion, b.snapshot.Hash, b.tool.String(), flags, pkg, extra})
	if err != nil {
		return fmt.Errorf("prepare %s: %w", pkg, err)
	}
	name := filepath.Join(b.cache, "plan", sum(inputs)+".json")
	p, err := loadPlan(name)
	if err != nil {
		if p, err = b.makePlan(ctx, pkg, extra, base, name); err != nil {
			return fmt.Errorf("prepare %s: %w", pkg, err)
		}
	}
	b.mu.Lock()
	b.plan = p
	b.mu.Unlock()
	return nil
}

// loadPlan reads a plan.
func loadPlan(name string) (*plan, error) {
	j, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var p plan
	if err := json.Unmarshal(j, &p); err != nil {
		return nil, err
	}
	return &p, p.whole()
}

// whole returns an error when the go command has removed an archive from its cache.
func (p *plan) whole() error {
	for _, archive := range p.Archives {
		if _, err := os.Stat(archive); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) makePlan(ctx context.Context, pkg string, extra []string, base Binary, name string) (*plan, error) {
	p := &plan{Package: pkg, Archives: map[string]string{}}
	args := slices.Concat([]string{"list", "-export", "-deps", "-f", "{{if .Export}}{{.ImportPath}}\t{{.Export}}{{end}}"}, flags, []string{"--", "./" + pkg}, extra)
	res, err := b.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(res.Stdout)) {
		if importPath, archive, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			p.Archives[importPath] = archive
		}
	}
	info, err := buildinfo.ReadFile(base.Path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", base.Path, err)
	}
	_, p.Info, _ = strings.Cut(info.String(), "\n") // all that runtime/debug prints but the toolchain's version

	tmp, err := tempDir(filepath.Join(b.cache, "tmp"))
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, b.tool.program())
	if _, _, err := b.direct(ctx, p, Target{Package: pkg}, tmp, out); err == nil {
		content, err := os.ReadFile(out)
		p.Same = err == nil && sum(content) == base.Hash
	}
	// A toolchain that wants other flags than this one knows keeps its go build.
	j, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(tmp, "plan.json"), j, 0o644); err != nil {
		return nil, err
	}
	return p, os.Rename(filepath.Join(tmp, "plan.json"), name)
}

// fast returns the plan for a target, nil when it has to be built by the go command: nothing was prepared, what was is gone
// from the go command's cache, or the target imports what was not prepared.
func (b *Builder) fast(t Target) *plan {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.plan
	if p == nil || !p.Same || p.Package != t.Package || len(t.Overlay) == 0 || p.whole() != nil {
		return nil
	}
	touched := b.touched(t)
	for _, dir := range touched {
		for _, imported := range b.imports(t, dir) {
			inside, _ := strings.CutPrefix(imported, Module+"/")
			switch ours := slices.Contains(touched, inside); {
			case ours && dir != t.Package:
				return nil // they are compiled side by side
			case !ours && p.Archives[imported] == "" && imported != "unsafe":
				return nil
			}
		}
	}
	return p
}

// touched lists the folders of the packages to compile, the program's last.
func (b *Builder) touched(t Target) []string {
	var dirs []string
	for name := range t.Overlay {
		if dir := path.Dir(name); dir != t.Package {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return append(slices.Compact(dirs), t.Package)
}

// files returns the Go files of a package, by path in the module: the snapshot's and the overlay's.
func (b *Builder) files(t Target, dir string) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range b.snapshot.Files {
		if path.Dir(f.Path) == dir && path.Ext(f.Path) == ".go" {
			files[f.Path] = f.Content
		}
	}
	for name, content := range t.Overlay {
		switch {
		case path.Dir(name) != dir:
		case content == nil:
			delete(files, name)
		default:
			files[name] = content
		}
	}
	return files
}

// imports lists what a package imports. A file that is built only here or there makes the list hold what no plan has, so
// that the go command decides.
func (b *Builder) imports(t Target, dir string) []string {
	var all []string
	for name, content := range b.files(t, dir) {
		f, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ImportsOnly|parser.ParseComments)
		if err != nil || conditional(name, content) {
			return []string{"(" + name + ")"}
		}
		for _, spec := range f.Imports {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil {
				all = append(all, p)
			}
		}
	}
	return all
}

// conditional reports whether a file may be left out of a build by its name or its constraints.
func conditional(name string, content []byte) bool {
	if strings.Contains(strings.TrimPrefix(path.Base(name), "zz_"), "_") {
		return true
	}
	for line := range strings.Lines(string(content)) {
		if constraint.IsGoBuild(strings.TrimSpace(line)) || constraint.IsPlusBuild(strings.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// tools runs a program of the toolchain. The compiler writes what it refuses to standard output, the go command to standard
// error; here it is on the latter.
func (b *Builder) tools(ctx context.Context, name string, env []string, args ...string) (child.Result, error) {
	res, err := child.Run(ctx, child.Command{Path: filepath.Join(b.tool.Tools, name+b.tool.suffix()), Args: args, Dir: b.dir, Env: env, Limit: limit, MaxOutput: 8 << 20})
	res.Stderr = append(res.Stdout, res.Stderr...)
	return res, err
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
