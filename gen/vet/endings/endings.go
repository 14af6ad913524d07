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
			// A loop over a function ends when the function does, whose own loops are looked at.
			if f, ok := n.(*ast.ForStmt); ok {
				if words := endless(pass, f); words != "" {
					pass.Reportf(f.Pos(), "this loop has no visible end: %s; %s", words, remedy)
				}
			}
			return true
		})
	}
	return nil, nil
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
