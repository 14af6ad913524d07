// Package guard puts counters into a vetted source, so that a loop without progress, a runaway recursion or a huge
// allocation becomes an ordinary panic at the same place every time, which the loop records as the mechanism's fault.
//
// Calls are inserted as text behind the braces they belong to, so that every line keeps its number and a reported place is
// a place in the source as the model wrote it. The counters lie in a generated file beside it.
package guard

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/format"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// What one call of a mechanism may do. A limit is there to end what would not end; the time that a decision may take is
// the loop's to say.
const (
	passes   = 1 << 26 // loop passes and function calls: about a tenth of a second of empty ones
	depth    = 1 << 12 // calls within calls
	elements = 1 << 22 // of one make; a whole trace has some thousands of values
)

// contract lists the methods that the loop calls: a budget begins with each, and with New.
var contract = []string{"Propose", "Accept", "Observe", "Prune", "Uphill"}

// Instrument returns the source with guards put in, and the file of counters that it needs beside it. The syntax tree and
// the types are those of src. Package is the name of its Go package, typ the type that implements the contract.
func Instrument(fset *token.FileSet, file *ast.File, info *types.Info, src []byte, pkg, typ string) (guarded, counters []byte, err error) {
	g := &guards{fset: fset, info: info, typ: typ}
	ast.Inspect(file, g.visit)
	// Insertions at one place stay in the order they were found: from the outside in.
	slices.SortStableFunc(g.inserts, func(a, b insert) int { return a.offset - b.offset })
	var b strings.Builder
	at := 0
	for _, i := range g.inserts {
		b.Write(src[at:i.offset])
		b.WriteString(i.text)
		at = i.offset
	}
	b.Write(src[at:])
	counters, err = format.Source([]byte(fmt.Sprintf(countersFile, pkg, passes, depth, elements)))
	if err != nil {
		return nil, nil, fmt.Errorf("guard package %s: %w", pkg, err)
	}
	return []byte(b.String()), counters, nil
}

type guards struct {
	fset    *token.FileSet
	info    *types.Info
	typ     string
	inserts []insert
}

// An insert is text that comes before the byte at offset.
type insert struct {
	offset int
	text   string
}

func (g *guards) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		enter := "zzEnter(); defer zzLeave();"
		if n.Recv == nil && n.Name.Name == "New" || n.Recv != nil && slices.Contains(contract, n.Name.Name) && g.receives(n) {
			enter = "zzBegin(); " + enter
		}
		g.open(n.Body, enter)
	case *ast.FuncLit:
		g.open(n.Body, "zzEnter(); defer zzLeave();")
	case *ast.ForStmt:
		g.open(n.Body, "zzTick();")
	case *ast.RangeStmt:
		g.open(n.Body, "zzTick();")
	case *ast.CallExpr:
		g.call(n)
	}
	return true
}

// receives reports whether a method's receiver is the mechanism.
func (g *guards) receives(f *ast.FuncDecl) bool {
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.Name == g.typ
}

// open inserts text behind a block's brace.
func (g *guards) open(b *ast.BlockStmt, text string) {
	if b != nil {
		g.insert(b.Lbrace+1, text)
	}
}

func (g *guards) insert(pos token.Pos, text string) {
	g.inserts = append(g.inserts, insert{g.fset.PositionFor(pos, false).Offset, text})
}

// call bounds what a make allocates, and counts the elements that append(s, t...) copies.
func (g *guards) call(c *ast.CallExpr) {
	id, ok := ast.Unparen(c.Fun).(*ast.Ident)
	if !ok {
		return
	}
	b, ok := g.info.Uses[id].(*types.Builtin)
	switch {
	case !ok:
	case b.Name() == "make" && len(c.Args) > 1:
		for _, size := range c.Args[1:] {
			if v := g.info.Types[size].Value; v == nil || v.Kind() != constant.Int {
				g.around(size, "zzSize(")
			}
		}
	case b.Name() == "append" && c.Ellipsis.IsValid():
		if _, slice := g.info.TypeOf(c.Args[1]).Underlying().(*types.Slice); slice {
			g.around(c.Args[1], "zzSpread(")
		}
	}
}

func (g *guards) around(e ast.Expr, call string) {
	g.insert(e.Pos(), call)
	g.insert(e.End(), ")")
}
