package assertions

import (
	_ "embed"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports type assertions and type switches to interfaces and to types of other packages than the contract.
var Analyzer = &analysis.Analyzer{Name: "assertions", Doc: text.Of(doc, "assertions"), Run: run}

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeAssertExpr:
				check(pass, n.Type)
			case *ast.CallExpr:
				as(pass, n)
			case *ast.TypeSwitchStmt:
				for _, clause := range n.Body.List {
					for _, t := range clause.(*ast.CaseClause).List {
						check(pass, t)
					}
				}
			}
			return true
		})
	}
	return nil, nil
}

// as checks the target of errors.As and errors.AsType, which are type assertions on errors.
func as(pass *analysis.Pass, call *ast.CallExpr) {
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "errors" {
		return
	}
	switch fn.Name() {
	case "As":
		if p, ok := pass.TypesInfo.TypeOf(call.Args[1]).Underlying().(*types.Pointer); ok {
			report(pass, call.Args[1], p.Elem())
		}
	case "AsType":
		if s, ok := pass.TypesInfo.TypeOf(call).(*types.Tuple); ok {
			report(pass, call, s.At(0).Type())
		}
	}
}

// check reports a type that may not be asserted. A nil expression is the .(type) of a switch.
func check(pass *analysis.Pass, e ast.Expr) {
	if e == nil {
		return
	}
	if t := pass.TypesInfo.TypeOf(e); t != nil {
		report(pass, e, t)
	}
}

func report(pass *analysis.Pass, at ast.Expr, t types.Type) {
	if why := foreign(pass, t); why != "" {
		pass.Reportf(at.Pos(), "type assertion to %s: %s is not allowed; use what the contract offers, or errors.As with a type of the contract or of this file", text.Type(t, pass.Pkg), why)
	}
}

// foreign says why a type may not be asserted; "" if it may.
func foreign(pass *analysis.Pass, t types.Type) string {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		return foreign(pass, p.Elem())
	}
	if types.IsInterface(t) {
		if n, ok := t.(*types.Named); ok && n.Obj().Pkg() == pass.Pkg {
			return "" // an interface of this file can name only methods that this file may name
		}
		return "an interface that is not of this file"
	}
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg() != pass.Pkg && n.Obj().Pkg().Path() != shape.Contract {
		return "a type of package " + n.Obj().Pkg().Path()
	}
	return ""
}
