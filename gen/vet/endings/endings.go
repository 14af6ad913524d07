package endings

import (
	_ "embed"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports loops whose end is not visible.
var Analyzer = &analysis.Analyzer{Name: "endings", Doc: text.Of(doc, "endings"), Run: run}

const remedy = "give it a counter with a bound, as in: for try := 0; try < 100; try++ { ... }"

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt:
				if words := endless(pass, n); words != "" {
					pass.Reportf(n.Pos(), "this loop has no visible end: %s; %s", words, remedy)
				}
			case *ast.RangeStmt:
				ranges(pass, n)
			}
			return true
		})
	}
	return nil, nil
}

// ranges reports a loop over an iterator function that is not a plain call of slices or maps: a function of the source
// may yield for ever. Loops over values end: the length is taken once.
func ranges(pass *analysis.Pass, r *ast.RangeStmt) {
	t := pass.TypesInfo.TypeOf(r.X)
	if t == nil {
		return
	}
	if _, function := t.Underlying().(*types.Signature); !function {
		return
	}
	if call, ok := ast.Unparen(r.X).(*ast.CallExpr); ok {
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			if fn, ok := pass.TypesInfo.Uses[sel.Sel].(*types.Func); ok && fn.Pkg() != pass.Pkg {
				return // no function of an allowed package yields for ever
			}
		}
	}
	pass.Reportf(r.Pos(), "this loop over the function %s has no visible end: loop over a slice that the function returns", types.ExprString(r.X))
}

// endless says why a loop has no visible end; "" when it has one.
func endless(pass *analysis.Pass, f *ast.ForStmt) string {
	if f.Cond == nil {
		return "it has no condition"
	}
	l := newLoop(pass, f)
	if l.ends(f.Cond) {
		return ""
	}
	return "its condition " + types.ExprString(f.Cond) + " does not compare a variable that every pass of the loop moves towards a fixed bound" + l.hint
}
