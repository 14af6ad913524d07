package endings

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
)

// ends reports whether a condition must become false: one side of an && must, or both sides of an ||.
func (l *loop) ends(cond ast.Expr) bool {
	e, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return false
	}
	switch e.Op {
	case token.LAND:
		return l.ends(e.X) || l.ends(e.Y)
	case token.LOR:
		return l.ends(e.X) && l.ends(e.Y)
	case token.LSS, token.LEQ:
		strict := e.Op == token.LSS
		return l.approaches(e.X, e.Y, 1, strict) || l.approaches(e.Y, e.X, -1, strict)
	case token.GTR, token.GEQ:
		strict := e.Op == token.GTR
		return l.approaches(e.X, e.Y, -1, strict) || l.approaches(e.Y, e.X, 1, strict)
	case token.NEQ:
		// Steps may jump over the bound, or start on its far side. A length does not, nor what only comes nearer to 0.
		return l.empties(e.X, e.Y) || l.empties(e.Y, e.X) || l.dwindles(e.X, e.Y) || l.dwindles(e.Y, e.X)
	}
	return false
}

// approaches reports whether every pass moves x in the direction dir while the bound stands still, and reaches it.
func (l *loop) approaches(x, bound ast.Expr, dir int, strict bool) bool {
	key, isLength := l.subject(x)
	if key == "" || !l.every(key, dir, isLength) || !l.still(bound, dir) {
		return false
	}
	if dir > 0 || !l.nears(key) {
		return true
	}
	// x /= 2 never falls below 0: x > limit ends for a positive constant, and x > 0 for whole numbers.
	return l.constant(bound) && (l.sign(bound) > 0 || l.sign(bound) == 0 && strict && l.integer(x))
}

// subject returns the variable that an operand is, or whose length it is.
func (l *loop) subject(x ast.Expr) (key string, isLength bool) {
	x = ast.Unparen(x)
	if call, ok := x.(*ast.CallExpr); ok && len(call.Args) == 1 {
		if fn, ok := call.Fun.(*ast.Ident); ok && fn.Name == "len" {
			return l.key(call.Args[0]), true
		}
		if l.pass.TypesInfo.Types[call.Fun].IsType() { // float64(i)
			return l.subject(call.Args[0])
		}
		return "", false
	}
	switch b := x.(type) {
	case *ast.BinaryExpr:
		// i+1 < n, i*i <= n: whatever grows with the variable.
		key, isLength := l.subject(b.X)
		switch {
		case b.Op == token.ADD && (l.constant(b.Y) || l.key(b.Y) == key),
			b.Op == token.SUB && l.constant(b.Y),
			b.Op == token.MUL && (l.sign(b.Y) > 0 || l.key(b.Y) == key):
			return key, isLength
		}
		return "", false
	case *ast.Ident, *ast.SelectorExpr:
		return l.key(x), false
	}
	return "", false
}

// every reports whether all changes of a variable go in the direction, and at least one is made by every pass.
func (l *loop) every(key string, dir int, isLength bool) bool {
	sure := false
	for _, m := range l.moves[key] {
		if m.dir != dir || m.slice != isLength {
			l.explain(" (" + name(key) + " is also changed otherwise in the loop)")
			return false
		}
		sure = sure || m.sure
	}
	if len(l.moves[key]) > 0 && !sure {
		l.explain(" (a pass may leave " + name(key) + " as it is)")
	}
	return sure
}

// empties recognises len(s) != 0 where every pass takes some away. A number could have started below its bound.
func (l *loop) empties(x, bound ast.Expr) bool {
	key, isLength := l.subject(x)
	return isLength && l.constant(bound) && l.sign(bound) == 0 && l.every(key, -1, true)
}

// dwindles recognises x != 0 where every pass brings the whole number x nearer to 0, as x /= 10 and a, b = b, a%b do.
func (l *loop) dwindles(x, bound ast.Expr) bool {
	key, isLength := l.subject(x)
	if key == "" || isLength || !l.integer(x) || !l.constant(bound) || l.sign(bound) != 0 || !l.every(key, -1, false) {
		return false
	}
	for _, m := range l.moves[key] {
		if !m.zero || m.shift && !l.unsigned(x) { // a negative number is shifted down to -1
			return false
		}
	}
	return true
}

// nears reports whether some pass brings a variable nearer to 0 without passing it.
func (l *loop) nears(key string) bool {
	return slices.ContainsFunc(l.moves[key], func(m move) bool { return m.zero })
}

// still reports whether the loop does not move a bound away from a variable that approaches it in the direction dir: the
// variables in it stand still, or come to meet it.
func (l *loop) still(bound ast.Expr, dir int) bool {
	still := true
	ast.Inspect(bound, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident, *ast.SelectorExpr:
			for _, m := range l.moves[l.key(n.(ast.Expr))] {
				if m.dir != -dir {
					l.explain(" (the loop changes its own bound " + types.ExprString(bound) + ")")
					still = false
				}
			}
		case *ast.FuncLit:
			still = false
		}
		return still
	})
	return still
}

func (l *loop) constant(e ast.Expr) bool { return l.pass.TypesInfo.Types[e].Value != nil }

func (l *loop) integer(e ast.Expr) bool { return l.is(e, types.IsInteger) }

func (l *loop) unsigned(e ast.Expr) bool { return l.is(e, types.IsUnsigned) }

func (l *loop) is(e ast.Expr, kind types.BasicInfo) bool {
	b, ok := l.pass.TypesInfo.TypeOf(e).Underlying().(*types.Basic)
	return ok && b.Info()&kind != 0
}

// explain keeps the first reason why something was no ending.
func (l *loop) explain(hint string) {
	if l.hint == "" {
		l.hint = hint
	}
}

// name is a key as it stands in the source.
func name(key string) string { return place.ReplaceAllString(key, "") }

var place = regexp.MustCompile(`@\d+`)
