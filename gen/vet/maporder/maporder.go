package maporder

import (
	_ "embed"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports loops over maps whose effect may depend on the order, and iterators over maps that are not sorted at once.
var Analyzer = &analysis.Analyzer{Name: "maporder", Doc: text.Of(doc, "maporder"), Run: run}

const remedy = "collect the keys and sort them first, as in: for _, k := range slices.Sorted(maps.Keys(m)) { ... }"

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		sorted := map[*ast.CallExpr]bool{} // maps.Keys(m) and the like whose order is sorted away, or looked at by loops
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				loops(pass, n.List, sorted)
			case *ast.CaseClause:
				loops(pass, n.Body, sorted)
			case *ast.CallExpr:
				iterator(pass, n, sorted)
			}
			return true
		})
	}
	return nil, nil
}

// loops checks the loops over maps in a list of statements; what follows a loop may mend its order.
func loops(pass *analysis.Pass, list []ast.Stmt, sorted map[*ast.CallExpr]bool) {
	for i, s := range list {
		if l, ok := s.(*ast.LabeledStmt); ok {
			s = l.Stmt
		}
		if call, slice := collects(pass, s); call != nil && sortedNext(pass, list[i+1:], slice) {
			sorted[call] = true
		}
		r, ok := s.(*ast.RangeStmt)
		if !ok {
			continue
		}
		r = overMap(pass, r, sorted)
		if _, isMap := under(pass, r.X).(*types.Map); !isMap {
			continue
		}
		b := body{pass: pass, loop: r, uses: map[string]int{}, constants: map[string]string{}}
		at, why := b.ordered(r.Body.List)
		if why == "" {
			at, why = b.effects()
		}
		if why != "" {
			pass.Reportf(at.Pos(), "this loop visits the map %s in random order, and %s: %s", types.ExprString(r.X), why, remedy)
			continue
		}
		for _, keys := range b.collected {
			if !sortedNext(pass, list[i+1:], keys) {
				pass.Reportf(r.Pos(), "this loop collects %s from the map %s in random order and the next statement does not sort it: follow it by slices.Sort(%s); a sort by a value leaves equal ones in random order", keys.Name(), types.ExprString(r.X), keys.Name())
			}
		}
	}
}

// overMap rewrites a loop over maps.Keys(m), maps.Values(m) or maps.All(m) as the loop over m that it is.
func overMap(pass *analysis.Pass, r *ast.RangeStmt, sorted map[*ast.CallExpr]bool) *ast.RangeStmt {
	call, ok := ast.Unparen(r.X).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return r
	}
	over := *r
	over.X = call.Args[0]
	switch name(pass, call) {
	case "maps.Keys", "maps.All":
	case "maps.Values":
		over.Key, over.Value = nil, r.Key
	default:
		return r
	}
	sorted[call] = true
	return &over
}

// collects recognises keys := slices.Collect(maps.Keys(m)) and returns the call of maps.Keys, and keys.
func collects(pass *analysis.Pass, s ast.Stmt) (*ast.CallExpr, types.Object) {
	a, ok := s.(*ast.AssignStmt)
	if !ok || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
		return nil, nil
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	outer, ok2 := a.Rhs[0].(*ast.CallExpr)
	if !ok || !ok2 || name(pass, outer) != "slices.Collect" {
		return nil, nil
	}
	inner, ok := outer.Args[0].(*ast.CallExpr)
	if !ok {
		return nil, nil
	}
	switch name(pass, inner) {
	case "maps.Keys", "maps.Values":
		return inner, pass.TypesInfo.ObjectOf(id)
	}
	return nil, nil
}

// sortedNext reports whether the first statement sorts the slice by its elements' own order.
func sortedNext(pass *analysis.Pass, list []ast.Stmt, slice types.Object) bool {
	if len(list) == 0 {
		return false
	}
	s, ok := list[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := s.X.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	id, ok := call.Args[0].(*ast.Ident)
	if !ok || pass.TypesInfo.Uses[id] != slice {
		return false
	}
	switch name(pass, call) {
	case "slices.Sort", "sort.Ints", "sort.Strings":
		return true
	}
	return false
}

// iterator reports maps.Keys, maps.Values and maps.All unless their order is sorted away at once.
func iterator(pass *analysis.Pass, call *ast.CallExpr, sorted map[*ast.CallExpr]bool) {
	switch name(pass, call) {
	case "slices.Sorted":
		if inner, ok := call.Args[0].(*ast.CallExpr); ok {
			sorted[inner] = true
		}
	case "maps.Keys", "maps.Values", "maps.All":
		if !sorted[call] {
			pass.Reportf(call.Pos(), "%s visits the map in random order: sort at once with slices.Sorted, as in: for _, k := range slices.Sorted(maps.Keys(m)) { ... }", name(pass, call))
		}
	}
}

// name returns "package.Function" of a static call.
func name(pass *analysis.Pass, call *ast.CallExpr) string {
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return ""
	}
	return fn.Pkg().Path() + "." + fn.Name()
}

func builtin(pass *analysis.Pass, call *ast.CallExpr) string {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return ""
	}
	if b, ok := pass.TypesInfo.Uses[id].(*types.Builtin); ok {
		return b.Name()
	}
	return ""
}

func under(pass *analysis.Pass, e ast.Expr) types.Type {
	if t := pass.TypesInfo.TypeOf(e); t != nil {
		return t.Underlying()
	}
	return nil
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}
