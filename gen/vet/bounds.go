package vet

import (
	"fmt"
	"go/ast"
	"go/token"
)

// What a source may be made of. The formatter, the type checker, the analyzers and the compiler take time that grows with
// these faster than in proportion, some of them exponentially, and they run in a process that holds a run. The longest
// mechanisms at hand have a fifth of each or less.
const (
	mostDepth    = 100     // syntax within syntax
	mostNodes    = 20_000  // pieces of syntax in all; a line has about ten
	mostInOne    = 6_000   // of these in one function or declaration
	mostLiterals = 6       // function literals within function literals
	mostParts    = 100_000 // values in a type, arrays counted as one element
)

// bounded reports what makes a source too involved to be looked at.
func (p *Package) bounded() []Finding {
	if at, words := involved(p.file); words != "" {
		return []Finding{p.finding("parse", "size", at, words)}
	}
	if findings := p.constants(); len(findings) > 0 {
		return findings
	}
	t := parts{specs: map[string]*ast.TypeSpec{}, known: map[string]int{}, open: map[string]bool{}}
	var order []*ast.TypeSpec
	ast.Inspect(p.file, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			t.specs[s.Name.Name] = s // one of the same name inside a function takes its place: it is counted as the type itself
			order = append(order, s)
		}
		return true
	})
	for _, s := range order {
		if n := t.of(s.Type, arguments(s, nil)); n > mostParts {
			return []Finding{p.finding("parse", "size", s.Pos(), fmt.Sprintf("the type %s is made of more than %d values, by types within types: use a slice", s.Name.Name, mostParts))}
		}
	}
	var found []Finding
	ast.Inspect(p.file, func(n ast.Node) bool {
		if e, ok := n.(*ast.IndexExpr); ok && len(found) == 0 && t.of(e, nil) > mostParts {
			found = []Finding{p.finding("parse", "size", e.Pos(), fmt.Sprintf("this type is made of more than %d values, by types within types: use a slice", mostParts))}
		}
		return true
	})
	return found
}

// involved finds the first piece of syntax that is too deep or too much.
func involved(file *ast.File) (at token.Pos, words string) {
	var stack []ast.Node
	nodes, inOne, literals := 0, 0, 0
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			if _, ok := stack[len(stack)-1].(*ast.FuncLit); ok {
				literals--
			}
			stack = stack[:len(stack)-1]
			return true
		}
		if words != "" {
			return false
		}
		if _, ok := n.(*ast.FuncLit); ok {
			literals++
		}
		if _, ok := n.(ast.Decl); ok && len(stack) == 1 {
			inOne = 0
		}
		stack = append(stack, n)
		nodes++
		inOne++
		switch {
		case len(stack) > mostDepth:
			at, words = n.Pos(), fmt.Sprintf("here syntax is nested more than %d deep: split the expression or the blocks, with a helper function or a loop", mostDepth)
		case literals > mostLiterals:
			at, words = n.Pos(), fmt.Sprintf("here function literals are nested more than %d deep: write named functions", mostLiterals)
		case inOne > mostInOne:
			at, words = n.Pos(), fmt.Sprintf("the declaration that this belongs to is longer than anybody follows (more than %d pieces of syntax): split it, or put what is alike into a loop over a table", mostInOne)
		case nodes > mostNodes:
			at, words = n.Pos(), fmt.Sprintf("the source is longer than a mechanism need be (more than %d pieces of syntax): leave out what does not serve its idea", mostNodes)
		}
		return words == ""
	})
	return at, words
}

// parts counts the values that a type is made of, before types are checked: the checker itself takes as long as there are.
type parts struct {
	specs map[string]*ast.TypeSpec
	known map[string]int
	open  map[string]bool // being counted: a type that holds itself is for the checker to refuse
}

// of counts a type; given are the counts of its type parameters. It stops above mostParts.
func (t *parts) of(e ast.Expr, given map[string]int) int {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return t.of(e.X, given)
	case *ast.Ident:
		if n, ok := given[e.Name]; ok {
			return n
		}
		return t.named(e.Name, nil, given)
	case *ast.IndexExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			return t.named(id.Name, []ast.Expr{e.Index}, given)
		}
	case *ast.IndexListExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			return t.named(id.Name, e.Indices, given)
		}
	case *ast.ArrayType:
		if e.Len != nil {
			return t.of(e.Elt, given)
		}
	case *ast.StructType:
		n := 0
		for _, f := range e.Fields.List {
			n = min(mostParts+1, n+max(1, len(f.Names))*t.of(f.Type, given))
		}
		return max(1, n)
	}
	return 1
}

// named counts a type of the source by its name and type arguments.
func (t *parts) named(name string, args []ast.Expr, given map[string]int) int {
	s := t.specs[name]
	if s == nil {
		return 1
	}
	var counts []int
	for _, a := range args {
		counts = append(counts, t.of(a, given))
	}
	key := fmt.Sprint(name, counts)
	if n, ok := t.known[key]; ok {
		return n
	}
	if t.open[name] {
		return 1
	}
	t.open[name] = true
	n := t.of(s.Type, arguments(s, counts))
	delete(t.open, name)
	t.known[key] = n
	return n
}

// arguments gives each type parameter its count; those that are missing count as one value.
func arguments(s *ast.TypeSpec, counts []int) map[string]int {
	given := map[string]int{}
	if s.TypeParams == nil {
		return given
	}
	for _, f := range s.TypeParams.List {
		for _, name := range f.Names {
			given[name.Name] = 1
			if k := len(given) - 1; k < len(counts) {
				given[name.Name] = counts[k]
			}
		}
	}
	return given
}
