package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
)

// entry is the file that bilevel writes beside a kept mechanism. It is looked at like any other, but for the name that it
// alone may declare.
const entry = "zz_entry.go"

// Tool is the suite for a driver that vets whole packages, such as go vet. Such a driver comes by packages that are no
// mechanisms, by files of tests and by the entry of a kept mechanism: a package is taken for a mechanism when one of
// its files declares a method Propose, and any other is passed over.
func Tool() []*analysis.Analyzer {
	all := []*analysis.Analyzer{{
		Name: "text", Doc: "a mechanism is one file whose text shows what it is", Run: texts,
	}}
	for _, a := range Suite {
		whole := *a
		whole.Run = func(pass *analysis.Pass) (any, error) { return nil, narrowed(pass, a) }
		// The suite needs no facts of the few packages that may be imported, and nothing requires these copies.
		whole.FactTypes, whole.ResultType = nil, nil
		all = append(all, &whole)
	}
	return all
}

// narrowed runs an analyzer on the files of a mechanism.
func narrowed(pass *analysis.Pass, a *analysis.Analyzer) error {
	files := own(pass)
	if len(files) == 0 {
		return nil
	}
	p := *pass
	p.Files = files
	p.ExportPackageFact, p.ExportObjectFact = func(analysis.Fact) {}, func(types.Object, analysis.Fact) {}
	p.ImportPackageFact, p.ImportObjectFact = func(*types.Package, analysis.Fact) bool { return false }, func(types.Object, analysis.Fact) bool { return false }
	p.AllPackageFacts, p.AllObjectFacts = func() []analysis.PackageFact { return nil }, func() []analysis.ObjectFact { return nil }
	p.Report = func(d analysis.Diagnostic) {
		name := file(pass, d.Pos)
		if strings.HasSuffix(name, "_test.go") || name == entry && a == shape.Analyzer {
			return
		}
		pass.Report(d)
	}
	_, err := a.Run(&p)
	return err
}

// own returns the files of a mechanism: first the one that proposes, last the entry; none when the package is no mechanism.
func own(pass *analysis.Pass) []*ast.File {
	var first, rest, glue []*ast.File
	for _, f := range pass.Files {
		switch name := file(pass, f.Package); {
		case strings.HasSuffix(name, "_test.go"):
		case name == entry:
			glue = append(glue, f)
		case len(first) == 0 && proposes(f):
			first = append(first, f)
		default:
			rest = append(rest, f)
		}
	}
	if len(first) == 0 {
		return nil
	}
	return slices.Concat(first, rest, glue)
}

func proposes(f *ast.File) bool {
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		m, ok := d.(*ast.FuncDecl)
		return ok && m.Recv != nil && m.Name.Name == "Propose"
	})
}

// file is the base name of the file that a position is in.
func file(pass *analysis.Pass, pos token.Pos) string {
	return filepath.Base(pass.Fset.PositionFor(pos, false).Filename)
}

// texts holds the files of a mechanism to what the parse gate holds a source to.
func texts(pass *analysis.Pass) (any, error) {
	for i, f := range own(pass) {
		name := file(pass, f.Package)
		if i > 0 && name != entry {
			pass.Reportf(f.Package, "a mechanism is one file, and this one stands beside %s: put all of it into one", file(pass, own(pass)[0].Package))
		}
		src, err := pass.ReadFile(pass.Fset.PositionFor(f.Package, false).Filename)
		if err != nil {
			return nil, err
		}
		found := readable(src)
		p := Package{fset: pass.Fset, file: f}
		found = append(found, p.names()...)
		for _, x := range found {
			at := f.Package
			if x.Line > 0 {
				at = pass.Fset.File(f.Package).LineStart(x.Line) + token.Pos(max(0, x.Column-1))
			}
			pass.Reportf(at, "%s", x.Message)
		}
	}
	return nil, nil
}
