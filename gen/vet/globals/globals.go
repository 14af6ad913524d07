package globals

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports package variables, init functions, functions without a body, and changes of other packages' variables.
var Analyzer = &analysis.Analyzer{Name: "globals", Doc: text.Of(doc, "globals"), Run: run}

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				variables(pass, d)
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					pass.Reportf(d.Pos(), "func init is not allowed: let New set up the mechanism")
				}
				if d.Body == nil {
					pass.Reportf(d.Pos(), "func %s has no body: write it in Go", d.Name.Name)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool { foreign(pass, n); return true })
	}
	return nil, nil
}

// variables reports package variables. var _ mechanisms.Mechanism = (*T)(nil) is allowed: it has no value to change and
// calls nothing.
func variables(pass *analysis.Pass, d *ast.GenDecl) {
	if d.Tok != token.VAR {
		return
	}
	for _, spec := range d.Specs {
		spec := spec.(*ast.ValueSpec)
		for i, name := range spec.Names {
			if name.Name == "_" && i < len(spec.Values) && !calls(pass, spec.Values[i]) {
				continue
			}
			pass.Reportf(name.Pos(), "package variable %s is not allowed, since it is not stored with the mechanism's state: make it a constant, a local variable, a function that returns the value, or an exported field", name.Name)
		}
	}
}

// calls reports whether evaluating an expression runs code: anything but a conversion.
func calls(pass *analysis.Pass, e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || !pass.TypesInfo.Types[n.Fun].IsType()
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return true
	})
	return found
}

// foreign reports statements that change a variable of another package, or take its address.
func foreign(pass *analysis.Pass, n ast.Node) {
	var written []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		written = n.Lhs
	case *ast.IncDecStmt:
		written = []ast.Expr{n.X}
	case *ast.RangeStmt:
		written = []ast.Expr{n.Key, n.Value}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			written = []ast.Expr{n.X}
		}
	}
	for _, e := range written {
		if v := root(pass, e); v != nil {
			pass.Reportf(n.Pos(), "%s.%s is a variable of another package and may not be changed nor its address taken: copy its value into a local variable", v.Pkg().Name(), v.Name())
		}
	}
}

// root returns the variable of another package that an expression is a part of.
func root(pass *analysis.Pass, e ast.Expr) *types.Var {
	for {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			if v, ok := pass.TypesInfo.Uses[x.Sel].(*types.Var); ok && !v.IsField() && v.Pkg() != pass.Pkg {
				return v
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}
