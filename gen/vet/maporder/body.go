package maporder

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// A body is the inside of a loop over a map. Allowed is only what comes to the same in any order.
type body struct {
	pass      *analysis.Pass
	loop      *ast.RangeStmt
	collected []types.Object    // slices that keys are appended to
	uses      map[string]int    // by expression, for what passes of the loop add to: how often it stands where adding needs it
	constants map[string]string // by expression: the one constant it is set to
}

// ordered returns the first statement whose effect may depend on the order, and why.
func (b *body) ordered(list []ast.Stmt) (ast.Node, string) {
	for _, s := range list {
		if at, why := b.statement(s); why != "" {
			return at, why
		}
	}
	return nil, ""
}

func (b *body) statement(s ast.Stmt) (ast.Node, string) {
	switch s := s.(type) {
	case *ast.IncDecStmt:
		if b.local(s.X) || b.keyed(s.X) {
			return nil, ""
		}
		if b.whole(s.X) {
			b.uses[types.ExprString(s.X)]++
			return nil, ""
		}
	case *ast.AssignStmt:
		if b.assign(s) {
			return nil, ""
		}
	case *ast.IfStmt:
		if s.Init != nil {
			if at, why := b.statement(s.Init); why != "" {
				return at, why
			}
		}
		if at, why := b.ordered(s.Body.List); why != "" {
			return at, why
		}
		if s.Else != nil {
			return b.statement(s.Else)
		}
		return nil, ""
	case *ast.BlockStmt:
		return b.ordered(s.List)
	case *ast.RangeStmt:
		return b.ordered(s.Body.List)
	case *ast.ForStmt:
		return b.ordered(s.Body.List)
	case *ast.BranchStmt:
		if s.Tok == token.CONTINUE {
			return nil, ""
		}
		return s, "leaving it early leaves which entries were seen to chance"
	case *ast.ReturnStmt:
		for i, e := range s.Results {
			// The same constants come back whichever entry it is.
			if !b.same(fmt.Sprint("result ", i), e) {
				return s, "what it returns depends on which entry comes first"
			}
		}
		return nil, ""
	case *ast.DeclStmt:
		return nil, ""
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && builtin(b.pass, call) == "delete" && b.isKey(call.Args[1]) {
			b.uses[types.ExprString(call.Args[0])]++
			return nil, ""
		}
	}
	return s, "what this statement does may depend on the order"
}

// assign reports whether an assignment comes to the same in any order.
func (b *body) assign(s *ast.AssignStmt) bool {
	for i, lhs := range s.Lhs {
		paired := len(s.Lhs) == len(s.Rhs)
		if isBlank(lhs) || b.local(lhs) || b.keyed(lhs) || paired && b.appends(lhs, s.Rhs[i]) {
			continue
		}
		switch s.Tok {
		case token.ADD_ASSIGN, token.SUB_ASSIGN, token.OR_ASSIGN, token.AND_ASSIGN, token.XOR_ASSIGN:
			// Sums of whole numbers are the same in any order; sums of floats are not.
			if !b.whole(lhs) {
				return false
			}
			b.uses[types.ExprString(lhs)]++
		case token.ASSIGN:
			if !paired || !b.same(types.ExprString(lhs), s.Rhs[i]) {
				return false
			}
			b.uses[types.ExprString(lhs)]++
		default:
			return false
		}
	}
	return true
}

// same reports whether an expression is a constant, and the only one that the loop gives to what.
func (b *body) same(what string, e ast.Expr) bool {
	value := "nil"
	if tv := b.pass.TypesInfo.Types[e]; tv.Value != nil {
		value = tv.Value.ExactString()
	} else if !tv.IsNil() {
		return false
	}
	other, set := b.constants[what]
	b.constants[what] = value
	return !set || other == value
}

// effects finds what depends on the order though every statement by itself does not: reading what passes of the loop add
// to, and calls that may draw random numbers or change something.
func (b *body) effects() (at ast.Node, why string) {
	found, field := map[string]int{}, map[ast.Node]bool{}
	ast.Inspect(b.loop.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr:
			if b.isKey(n.Index) { // this entry's own element
				return false
			}
		case *ast.SelectorExpr:
			field[n.Sel] = true
		case *ast.CallExpr:
			if words := b.unsafe(n); words != "" && why == "" {
				at, why = n, words
			}
		case *ast.FuncLit:
			if why == "" {
				at, why = n, "a function literal inside it may do anything"
			}
		}
		if e, ok := n.(ast.Expr); ok {
			x := types.ExprString(e)
			if most, changed := b.uses[x]; changed && !field[n] {
				if found[x]++; found[x] > most && why == "" {
					at, why = n, "it reads "+x+" while it changes it"
				}
			}
		}
		return true
	})
	return at, why
}

// unsafe says why a call may depend on the order; "" when the function only computes.
func (b *body) unsafe(call *ast.CallExpr) string {
	if b.pass.TypesInfo.Types[call.Fun].IsType() || builtin(b.pass, call) != "" {
		return ""
	}
	pkg, _, _ := strings.Cut(name(b.pass, call), ".")
	switch pkg {
	case "math", "math/bits", "cmp", "strings", "strconv", "fmt":
		return ""
	}
	return "it calls " + types.ExprString(call.Fun) + ", which may draw random numbers or change something"
}

// appends recognises keys = append(keys, k) and notes keys.
func (b *body) appends(lhs, rhs ast.Expr) bool {
	call, ok := rhs.(*ast.CallExpr)
	if !ok || builtin(b.pass, call) != "append" || len(call.Args) != 2 {
		return false
	}
	to, ok := lhs.(*ast.Ident)
	from, ok2 := call.Args[0].(*ast.Ident)
	if !ok || !ok2 || b.object(to) != b.object(from) || !b.isKey(call.Args[1]) {
		return false
	}
	b.collected = append(b.collected, b.object(to))
	b.uses[to.Name] += 2
	return true
}

// keyed recognises an element that belongs to the loop's key alone: m[k].
func (b *body) keyed(e ast.Expr) bool {
	for {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			if b.isKey(x.Index) {
				b.uses[types.ExprString(x.X)] += 0 // reading other elements of it would see the order
				return true
			}
			return false
		default:
			return false
		}
	}
}

// isKey recognises the loop's own key.
func (b *body) isKey(e ast.Expr) bool {
	key, ok := b.loop.Key.(*ast.Ident)
	id, ok2 := e.(*ast.Ident)
	return ok && ok2 && key.Name != "_" && b.object(key) == b.object(id)
}

// local recognises a variable that is declared inside the loop.
func (b *body) local(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	obj := b.object(id)
	return obj != nil && b.loop.Body.Pos() <= obj.Pos() && obj.Pos() < b.loop.Body.End()
}

// whole recognises a variable of whole numbers.
func (b *body) whole(e ast.Expr) bool {
	t, ok := under(b.pass, e).(*types.Basic)
	return ok && t.Info()&types.IsInteger != 0
}

func (b *body) object(id *ast.Ident) types.Object { return b.pass.TypesInfo.ObjectOf(id) }
