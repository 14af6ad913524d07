package concurrency

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

// Analyzer reports go, chan, select, send, receive, close, goto and recover.
var Analyzer = &analysis.Analyzer{Name: "concurrency", Doc: text.Of(doc, "concurrency"), Run: run}

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if words := refuse(pass, n); words != "" {
				pass.Reportf(n.Pos(), "%s", words)
			}
			return true
		})
	}
	return nil, nil
}

// refuse says what is wrong with a node; "" if nothing is.
func refuse(pass *analysis.Pass, n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go statements are not allowed: their order is not repeatable; call the function directly"
	case *ast.ChanType:
		return "channels are not allowed: use a slice and a loop"
	case *ast.SelectStmt:
		return "select is not allowed: there are no channels to wait for; a mechanism only computes"
	case *ast.SendStmt:
		return "sending on a channel is not allowed: append to a slice"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "receiving from a channel is not allowed: a mechanism only computes and waits for nothing"
		}
	case *ast.RangeStmt:
		if t := pass.TypesInfo.TypeOf(n.X); t != nil {
			if _, ok := t.Underlying().(*types.Chan); ok {
				return "a loop over a channel is not allowed: loop over a slice"
			}
		}
	case *ast.BranchStmt:
		if n.Tok == token.GOTO {
			return "goto is not allowed: use for, if, break or continue"
		}
	case *ast.CallExpr:
		if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
			if b, ok := pass.TypesInfo.Uses[id].(*types.Builtin); ok && b.Name() == "recover" {
				return "recover is not allowed: a panic is reported as the mechanism's fault; avoid it, or return an error from Propose"
			}
		}
	}
	return ""
}
