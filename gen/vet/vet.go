// Package vet decides whether the source of a mechanism may be compiled, and says what is wrong with it if not.
//
// A source passes three gates in order: it parses (and is text that shows what it is), it type-checks against the contract,
// and the analyzers of Suite find nothing. All of it runs in this process on export data that the compiler wrote, in
// milliseconds.
package vet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/doc"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/seed161a02ea/bilevel/gen/vet/imports"
)

// A Package is a source that passed a gate.
type Package struct {
	Source []byte // after gofmt
	Hash   string // sha256 of Source in hex
	Name   string // of the Go package

	// Of a source that passed all gates:

	Type   string // the exported struct type
	Doc    string // one sentence: the idea, from the source's comments; may be empty
	Pruner bool   // it has the method Prune

	fset  *token.FileSet
	file  *ast.File
	types *types.Package
	info  *types.Info
}

// Syntax returns the syntax tree of Source and, once it type-checked, its types.
func (p Package) Syntax() (*token.FileSet, *ast.File, *types.Info) { return p.fset, p.file, p.info }

// A Checker checks sources against one contract. It is safe for concurrent use.
type Checker struct {
	mu       sync.Mutex // the importer is not
	fset     *token.FileSet
	importer types.Importer
}

// Imports lists the packages whose export data a Checker needs.
func Imports() []string { return slices.Clone(imports.Allowed) }

// New returns a Checker that reads export data through open.
func New(open func(path string) (io.ReadCloser, error)) *Checker {
	fset := token.NewFileSet()
	return &Checker{fset: fset, importer: importer.ForCompiler(fset, "gc", open)}
}

// Load reads the export data of all allowed imports, so that the first Check does not, and an export data format that this
// program does not understand is found early.
func (c *Checker) Load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, path := range imports.Allowed {
		if _, err := c.importer.Import(path); err != nil {
			return fmt.Errorf("read export data of %s: %w; this program was built with %s and may be older than the Go toolchain in use: build it again with that", path, err, runtime.Version())
		}
	}
	return nil
}

// Check passes a source through all gates. The Package is filled as far as the source got. The findings are those of the
// gate that stopped it; none means that it passed.
func (c *Checker) Check(src []byte) (Package, []Finding) {
	p, findings := c.Parse(src)
	if len(findings) > 0 {
		return p, findings
	}
	if findings = c.Typecheck(&p); len(findings) > 0 {
		return p, findings
	}
	return p, c.Vet(&p)
}

// Typecheck is the second gate. Where nothing is wrong but that imports and variables are not used, which says little and is
// mended in no time, it tells the findings of the third gate as well.
func (c *Checker) Typecheck(p *Package) []Finding {
	if findings := p.imports(); len(findings) > 0 {
		return findings // the type errors that follow from them would hide them
	}
	findings, minor := c.types(p)
	if len(findings) == 0 || !minor {
		return findings
	}
	all := *p // what Vet writes is for sources that compile
	further := c.Vet(&all)
	if slices.ContainsFunc(further, func(f Finding) bool { return f.Rule == internal }) {
		return findings
	}
	findings = append(findings, further...)
	return findings[:min(len(findings), most)]
}

// imports reports the imports that are not allowed.
func (p *Package) imports() []Finding {
	var findings []Finding
	for _, spec := range p.file.Imports {
		if words := imports.Refuse(spec); words != "" {
			findings = append(findings, p.finding("typecheck", "imports", spec.Pos(), words))
		}
	}
	return tidy(findings)
}

// types finds the types of a source. Minor says that the errors leave them whole.
func (c *Checker) types(p *Package) (findings []Finding, minor bool) {
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{}, FileVersions: map[*ast.File]string{},
	}
	minor = true
	conf := types.Config{
		GoVersion: language, Importer: c.importer, Sizes: types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) {
			if e, ok := err.(types.Error); ok {
				findings = append(findings, p.finding("typecheck", "types", e.Pos, strings.TrimSpace(e.Msg)))
				minor = minor && e.Soft
			}
		},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	pkg, err := conf.Check("generated/"+p.Name, c.fset, []*ast.File{p.file}, p.info)
	if err != nil && len(findings) == 0 {
		findings, minor = append(findings, Finding{Gate: "typecheck", Rule: "types", Message: err.Error()}), false
	}
	p.types = pkg
	if minor {
		if many := p.instances(); len(many) > 0 {
			findings, minor = append(findings, many...), false // the analyzers would make them
		}
	}
	return tidy(findings), minor
}

// language is the Go version that sources are written in: that of the snapshot they are built in.
const language = "go1.26"

func (p *Package) finding(gate, rule string, pos token.Pos, message string) Finding {
	at := p.fset.PositionFor(pos, false) // a //line in the source moves nothing
	return Finding{Gate: gate, Rule: rule, Line: at.Line, Column: at.Column, Message: message}
}

// sentence returns the first sentence that says what a mechanism does: the package's, else the type's, else any comment's
// before the first declaration.
func sentence(file *ast.File, name string) string {
	var pkg doc.Package
	first := func(g *ast.CommentGroup) string {
		if g == nil {
			return ""
		}
		return strings.TrimSpace(pkg.Synopsis(g.Text()))
	}
	if s := first(file.Doc); s != "" {
		return s
	}
	for _, d := range file.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok && t.Name.Name == name {
				if s := first(t.Doc); s != "" {
					return s
				}
				if s := first(gen.Doc); s != "" {
					return s
				}
			}
		}
	}
	for _, g := range file.Comments {
		if s := first(g); s != "" {
			return s
		}
	}
	return ""
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
