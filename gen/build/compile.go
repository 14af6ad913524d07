package build

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/seed161a02ea/bilevel/gen/child"
)

// direct compiles the packages that the overlay touches, and links. A compiler's refusal is the error of a *child.Failure,
// and the folders of the packages refused are returned with it.
func (b *Builder) direct(ctx context.Context, p *plan, t Target, tmp, out string) (all child.Result, refused []string, err error) {
	var cfg strings.Builder
	for _, importPath := range sortedKeys(p.Archives) {
		if importPath != Module+"/"+t.Package {
			fmt.Fprintf(&cfg, "packagefile %s=%s\n", importPath, p.Archives[importPath])
		}
	}
	importcfg := filepath.Join(tmp, "importcfg")
	if err := os.WriteFile(importcfg, []byte(cfg.String()), 0o644); err != nil {
		return all, nil, fmt.Errorf("compile: %w", err)
	}
	touched := b.touched(t)
	parts := touched[:len(touched)-1]
	archives, results, errs := b.archives(ctx, p, t, tmp, importcfg, parts)
	for i, dir := range parts {
		all.Took += results[i].Took
		if errs[i] != nil {
			if refused == nil { // what stands in the first alone is told, as if it had been the only one
				all.Stderr, err = results[i].Stderr, errs[i]
			}
			refused = append(refused, dir)
		}
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", path.Join(Module, dir), archives[i])
	}
	if err != nil {
		return all, refused, err
	}
	if err := os.WriteFile(importcfg, []byte(cfg.String()), 0o644); err != nil {
		return all, nil, fmt.Errorf("compile %s: %w", t.Package, err)
	}
	archive := filepath.Join(tmp, "program.a")
	res, err := b.compile(ctx, t, tmp, t.Package, importcfg, archive)
	all.Stderr, all.Took = append(all.Stderr, res.Stderr...), all.Took+res.Took
	if err != nil {
		return all, nil, err
	}
	if err := os.WriteFile(importcfg, []byte(cfg.String()+"modinfo "+strconv.Quote(infoStart+p.Info+infoEnd)+"\n"), 0o644); err != nil {
		return all, nil, fmt.Errorf("link: %w", err)
	}
	// An empty GOROOT keeps this machine's out of the binary, as go build -trimpath does.
	res, err = b.tools(ctx, "link", append(b.tool.env(), "GOROOT="), "-o", out, "-importcfg", importcfg, "-buildmode=exe", "-s", "-w", "-buildid=", archive)
	all.Stderr, all.Took = append(all.Stderr, res.Stderr...), all.Took+res.Took
	return all, nil, err
}

// archives compiles packages that do not import one another, as many at a time as there are processors.
func (b *Builder) archives(ctx context.Context, p *plan, t Target, tmp, importcfg string, dirs []string) (archives []string, results []child.Result, errs []error) {
	archives, results, errs = make([]string, len(dirs)), make([]child.Result, len(dirs)), make([]error, len(dirs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, dir := range dirs {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			archives[i], results[i], errs[i] = b.archive(ctx, p, t, tmp, importcfg, dir)
		})
	}
	wait.Wait()
	return archives, results, errs
}

// archiveDir is the folder of the cache for compiled packages: a mechanism is compiled when it is made, and again beside
// each of its successors.
const archiveDir = "archive"

// archive compiles a package, or finds that it was compiled before.
func (b *Builder) archive(ctx context.Context, p *plan, t Target, tmp, importcfg, dir string) (string, child.Result, error) {
	files := map[string]string{}
	for name, content := range b.files(t, dir) {
		files[name] = sum(content)
	}
	inputs, err := json.Marshal([]any{planVersion, b.snapshot.Hash, b.tool.String(), flags, p.Archives, dir, files})
	if err != nil {
		return "", child.Result{}, fmt.Errorf("compile %s: %w", dir, err)
	}
	home := filepath.Join(b.cache, archiveDir, sum(inputs))
	if found := wholeArchive(home); found != "" {
		return found, child.Result{}, nil
	}
	made := filepath.Join(tmp, path.Base(dir)+".a")
	res, err := b.compile(ctx, t, tmp, dir, importcfg, made)
	if err != nil {
		return "", res, err
	}
	content, err := os.ReadFile(made)
	if err != nil {
		return "", res, fmt.Errorf("compile %s: %w", dir, err)
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", res, fmt.Errorf("compile %s: %w", dir, err)
	}
	kept := filepath.Join(home, sum(content)+".a")
	if err := os.Rename(made, kept); err != nil {
		return "", res, fmt.Errorf("compile %s: %w", dir, err)
	}
	return kept, res, nil
}

// wholeArchive is the archive in a folder of the cache that is what its name says, if there is one: a damaged one would be
// taken for a fault of the source that imports it.
func wholeArchive(home string) string {
	found, err := filepath.Glob(filepath.Join(home, "*.a"))
	if err != nil {
		return ""
	}
	for _, name := range found {
		if content, err := os.ReadFile(name); err == nil && sum(content)+".a" == filepath.Base(name) {
			used(home)
			return name
		}
	}
	return ""
}

// compile compiles one package with the flags that go build gives the compiler.
func (b *Builder) compile(ctx context.Context, t Target, tmp, dir, importcfg, archive string) (child.Result, error) {
	importPath := path.Join(Module, dir)
	name := importPath
	if dir == t.Package {
		name = "main"
	}
	trim := []string{filepath.Join(b.dir, filepath.FromSlash(dir)) + "=>" + importPath}
	var files []string
	for _, f := range sortedKeys(b.files(t, dir)) {
		at := filepath.Join(b.dir, filepath.FromSlash(f))
		if t.Overlay[f] != nil {
			at = filepath.Join(tmp, overlayDir, filepath.FromSlash(f))
			trim = append(trim, at+"=>"+path.Join(Module, f))
		}
		files = append(files, at)
	}
	args := []string{
		"-o", archive, "-trimpath", strings.Join(trim, ";"), "-p", name, "-lang=go" + minimum, "-complete",
		"-goversion", b.tool.Version, "-nolocalimports", "-importcfg", importcfg, "-pack",
	}
	// One package is too small to share between processors or to collect garbage for.
	return b.tools(ctx, "compile", append(b.tool.env(), "GOMAXPROCS=1", "GOGC=400"), append(args, files...)...)
}
