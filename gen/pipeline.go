package gen

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/guard"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Pipeline makes runner binaries of sources. It is safe for concurrent use.
type Pipeline struct {
	model   model.Model
	builder *build.Builder
	within  []string      // child.Command.Within of every run of a new binary
	limit   time.Duration // of processor time of one run of a new binary

	knowing sync.Mutex
	byHand  map[string]string // fingerprints by name; nil until first needed

	shelf shelf

	loading sync.Mutex
	checker *vet.Checker // nil until first needed: it wants export data, which a cold build cache has to compile
}

// Options say what a pipeline is made of.
type Options struct {
	Model model.Model // may be nil where nothing is invented
	Build build.Options
	// Within contains a new binary while it is tried: a program with its first arguments that becomes the one whose path
	// follows. Empty runs it as it is.
	Within []string
	Limit  time.Duration // of processor time of one run of a new binary (conform, rehearse), in whole seconds; 0 means 10 s
}

// New finds the toolchain and the sources. It compiles nothing yet. An error that wraps build.ErrToolchain says what to
// install.
func New(ctx context.Context, o Options) (*Pipeline, error) {
	b, err := build.New(ctx, o.Build)
	if err != nil {
		return nil, err
	}
	if o.Limit == 0 {
		o.Limit = 10 * time.Second
	}
	return &Pipeline{model: o.Model, builder: b, within: o.Within, limit: o.Limit}, nil
}

// Toolchain returns what the pipeline builds with.
func (p *Pipeline) Toolchain() build.Toolchain { return p.builder.Toolchain() }

// Prewarm does what the first source would have to wait for: it compiles the standard library's packages, the runner and
// the export data into the caches, reads the export data, and finds the fingerprints of the mechanisms by hand. A run calls it in the background while its baseline trains.
func (p *Pipeline) Prewarm(ctx context.Context) error {
	if _, err := p.check(ctx); err != nil {
		return err
	}
	if err := p.builder.Prepare(ctx, wrap.Runner, append(vet.Imports(), wrap.Contract+"/catalog")); err != nil {
		return err
	}
	_, err := p.fingerprintsByHand()
	return err
}

// check returns the checker, made on first use.
func (p *Pipeline) check(ctx context.Context) (*vet.Checker, error) {
	p.loading.Lock()
	defer p.loading.Unlock()
	if p.checker != nil {
		return p.checker, nil
	}
	exports, err := p.builder.Exports(ctx, vet.Imports())
	if err != nil {
		return nil, err
	}
	c := vet.New(func(path string) (io.ReadCloser, error) { return exports.Open(path) })
	if err := c.Load(); err != nil {
		return nil, err
	}
	p.checker = c
	return c, nil
}

// predecessor returns the mechanism of this name as a runner compiles it in: from its source, or by hand where source is
// empty. No name is no mechanism.
func (p *Pipeline) predecessor(ctx context.Context, name, source string) (wrap.Mechanism, error) {
	if name == "" {
		return wrap.Mechanism{}, nil
	}
	if source == "" {
		_, err := byHand(name)
		return wrap.Mechanism{Name: name}, err
	}
	if r, ok := p.shelf.find([]byte(source)); ok {
		r.mechanism.Name = name
		return r.mechanism, nil
	}
	c, err := p.check(ctx)
	if err != nil {
		return wrap.Mechanism{}, err
	}
	// It passed the gates once. Rules may have become stricter since, which is no reason to forget it.
	pkg, findings := c.Check([]byte(source))
	if pkg.Type == "" {
		return wrap.Mechanism{}, fmt.Errorf("mechanism %s: its recorded source does not compile against this version's contract: %s", name, words(findings))
	}
	m, err := compiled(pkg)
	m.Name = name
	return m, err
}

// compiled is a vetted source as a runner compiles it in, but for its name: with guards, which change no decision.
func compiled(pkg vet.Package) (wrap.Mechanism, error) {
	fset, file, info := pkg.Syntax()
	guarded, counters, err := guard.Instrument(fset, file, info, pkg.Source, pkg.Name, pkg.Type)
	return wrap.Mechanism{
		Doc: pkg.Doc, Source: pkg.Source, Hash: pkg.Hash, Package: pkg.Name, Type: pkg.Type, Compiled: guarded, Guards: counters,
	}, err
}

// byHand returns the source of a mechanism written by hand.
func byHand(name string) (string, error) {
	files, err := fs.Glob(mechanisms.Source, name+"/*.go")
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("mechanism %s: neither its source is recorded nor is it one of those written by hand", name)
	}
	var all strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := fs.ReadFile(mechanisms.Source, f)
		if err != nil {
			return "", fmt.Errorf("mechanism %s: %w", name, err)
		}
		all.Write(b)
	}
	return all.String(), nil
}

// words is findings one a line.
func words(findings []vet.Finding) string {
	lines := make([]string, len(findings))
	for i, f := range findings {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}
