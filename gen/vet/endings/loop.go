package endings

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// A loop is a for statement with a condition, and what its passes do to variables.
type loop struct {
	pass  *analysis.Pass
	stmt  *ast.ForStmt
	moves map[string][]move // by expression: "i", "m.Count", "queue"
	hint  string            // what nearly made an ending
}

// A move is one change of a variable.
type move struct {
	dir   int  // +1 it grows, -1 it shrinks, 0 it may do anything
	sure  bool // every pass makes it
	slice bool // of a slice's or string's length
	zero  bool // it brings a number nearer to 0, and never past it
	shift bool // by shifting bits
}

func newLoop(pass *analysis.Pass, f *ast.ForStmt) *loop {
	l := &loop{pass: pass, stmt: f, moves: map[string][]move{}}
	if f.Post != nil {
		l.statement(f.Post, true)
	}
	// A statement of the body itself is made by every pass unless a continue may come before it.
	reached := true
	for _, s := range f.Body.List {
		l.statement(s, reached)
		reached = reached && !continues(s, true)
	}
	return l
}

// statement notes the moves in a statement and in everything inside it.
func (l *loop) statement(s ast.Stmt, sure bool) {
	if l.simple(s, sure) {
		return
	}
	ast.Inspect(s, func(n ast.Node) bool {
		if inner, ok := n.(ast.Stmt); ok && inner != s {
			l.simple(inner, false)
		}
		switch n := n.(type) {
		case *ast.RangeStmt:
			l.unknown(n.Key)
			l.unknown(n.Value)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				l.unknown(n.X)
			}
		}
		return true
	})
}

// simple notes the move of an assignment; it reports false for any other statement.
func (l *loop) simple(s ast.Stmt, sure bool) bool {
	switch s := s.(type) {
	case *ast.IncDecStmt:
		dir := 1
		if s.Tok == token.DEC {
			dir = -1
		}
		l.note(s.X, move{dir: dir, sure: sure})
		return true
	case *ast.AssignStmt:
		for i, lhs := range s.Lhs {
			m := move{sure: sure}
			if len(s.Lhs) == len(s.Rhs) {
				m = l.assigned(s.Tok, lhs, s.Rhs[i])
				m.sure = sure
			}
			l.note(lhs, m)
		}
		for _, rhs := range s.Rhs {
			l.literals(rhs)
		}
		return true
	}
	return false
}

// literals notes what function literals and address operators in an expression may change.
func (l *loop) literals(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				l.unknown(n.X)
			}
		case *ast.FuncLit:
			for _, s := range n.Body.List {
				l.statement(s, false)
			}
			return false
		}
		return true
	})
}

func (l *loop) unknown(e ast.Expr) {
	if e != nil {
		l.note(e, move{})
	}
}

func (l *loop) note(e ast.Expr, m move) {
	if id, ok := e.(*ast.Ident); ok && l.pass.TypesInfo.Defs[id] != nil {
		return // a new variable, which starts here
	}
	key := l.key(e)
	l.moves[key] = append(l.moves[key], m)
}

// key identifies a variable or field: by name, and by where the name was declared, so that a variable of the same name
// inside the loop is another one.
func (l *loop) key(e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if obj := l.pass.TypesInfo.ObjectOf(e); obj != nil {
			return fmt.Sprintf("%s@%d", e.Name, obj.Pos())
		}
	case *ast.SelectorExpr:
		return l.key(e.X) + "." + e.Sel.Name
	}
	return types.ExprString(e)
}

// assigned says how lhs op rhs moves lhs.
func (l *loop) assigned(op token.Token, lhs, rhs ast.Expr) move {
	switch op {
	case token.ASSIGN:
		return l.replaced(lhs, rhs)
	case token.ADD_ASSIGN:
		return move{dir: l.sign(rhs)}
	case token.SUB_ASSIGN:
		return move{dir: -l.sign(rhs)}
	case token.MUL_ASSIGN:
		return move{dir: l.factor(rhs), zero: true}
	case token.QUO_ASSIGN:
		if l.integer(lhs) && !l.constant(rhs) {
			return move{dir: -1, zero: true} // digits in some base: n /= base; the guards end one in base 1
		}
		return move{dir: -l.factor(rhs), zero: true}
	case token.AND_ASSIGN:
		// x &= x - 1 takes the lowest bit away.
		if less, ok := ast.Unparen(rhs).(*ast.BinaryExpr); ok && less.Op == token.SUB && l.key(less.X) == l.key(lhs) && l.sign(less.Y) > 0 && l.factor(less.Y) == 0 {
			return move{dir: -1, zero: true}
		}
	case token.SHR_ASSIGN:
		return move{dir: -l.sign(rhs), zero: true, shift: true}
	case token.SHL_ASSIGN:
		return move{dir: l.sign(rhs)}
	}
	return move{}
}

// replaced says how x = x + 1, s = s[1:], s = append(s, x) and the like move their variable.
func (l *loop) replaced(lhs, rhs ast.Expr) move {
	self := l.key(lhs)
	switch e := ast.Unparen(rhs).(type) {
	case *ast.SliceExpr:
		if l.key(e.X) == self && l.shortens(self, e) {
			return move{dir: -1, slice: true}
		}
	case *ast.CallExpr:
		if id, ok := e.Fun.(*ast.Ident); ok && id.Name == "append" && len(e.Args) > 1 && !e.Ellipsis.IsValid() && l.key(e.Args[0]) == self {
			return move{dir: 1, slice: true}
		}
	case *ast.BinaryExpr:
		ops := map[token.Token]token.Token{
			token.ADD: token.ADD_ASSIGN, token.SUB: token.SUB_ASSIGN, token.MUL: token.MUL_ASSIGN, token.QUO: token.QUO_ASSIGN,
			token.SHR: token.SHR_ASSIGN, token.AND: token.AND_ASSIGN,
		}
		if op, ok := ops[e.Op]; ok && l.key(e.X) == self {
			return l.assigned(op, lhs, e.Y)
		}
		if e.Op == token.REM && l.key(e.Y) == self {
			return move{dir: -1, zero: true} // Euclid's b = a % b
		}
	}
	return move{}
}

// shortens recognises s[k:] with a constant k above 0, and s[:len(s)-k].
func (l *loop) shortens(self string, e *ast.SliceExpr) bool {
	if e.Low != nil && e.High == nil {
		return l.sign(e.Low) > 0
	}
	if e.Low != nil || e.High == nil {
		return false
	}
	minus, ok := ast.Unparen(e.High).(*ast.BinaryExpr)
	if !ok || minus.Op != token.SUB || l.sign(minus.Y) <= 0 {
		return false
	}
	length, ok := ast.Unparen(minus.X).(*ast.CallExpr)
	return ok && types.ExprString(length.Fun) == "len" && len(length.Args) == 1 && l.key(length.Args[0]) == self
}

// sign returns the sign of a constant, 0 for anything else.
func (l *loop) sign(e ast.Expr) int {
	if v := l.pass.TypesInfo.Types[e].Value; v != nil && (v.Kind() == constant.Int || v.Kind() == constant.Float) {
		return constant.Sign(v)
	}
	return 0
}

// factor says whether multiplying a positive number by a constant makes it larger (+1) or smaller (-1); 0 for anything
// else, and for 1.
func (l *loop) factor(e ast.Expr) int {
	v := l.pass.TypesInfo.Types[e].Value
	if v == nil || v.Kind() != constant.Int && v.Kind() != constant.Float || constant.Sign(v) <= 0 {
		return 0
	}
	one := constant.MakeInt64(1)
	if constant.Compare(v, token.GTR, one) {
		return 1
	}
	if constant.Compare(v, token.LSS, one) {
		return -1
	}
	return 0
}

// continues reports whether a statement may start the next pass early. own is false inside an inner loop, where only a
// labelled continue can mean the outer one.
func continues(s ast.Stmt, own bool) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BranchStmt:
			if n.Tok == token.CONTINUE && (own || n.Label != nil) {
				found = true
			}
		case *ast.ForStmt, *ast.RangeStmt:
			if own && n != s {
				found = found || continues(n.(ast.Stmt), false)
				return false
			}
			if own {
				own = false // s is itself an inner loop
			}
		case *ast.FuncLit:
			return false
		}
		return true
	})
	return found
}
