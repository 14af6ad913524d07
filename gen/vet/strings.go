package vet

import (
	"fmt"
	"go/ast"
	"go/token"
)

// mostOfStrings is how many bytes the constant strings of a source may have together, those included that it puts together
// of others: thirty constants of which each is the one before twice have a terabyte, and the type checker writes them out.
const mostOfStrings = 1 << 20

// constants reports constant strings that are too long. Names are looked up without their scopes, which counts from above.
func (p *Package) constants() []Finding {
	s := spelled{constants: map[string][]ast.Expr{}, known: map[string]int{}, open: map[string]bool{}}
	ast.Inspect(p.file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
			for _, spec := range d.Specs {
				spec := spec.(*ast.ValueSpec)
				for i, name := range spec.Names {
					if i < len(spec.Values) {
						s.constants[name.Name] = append(s.constants[name.Name], spec.Values[i])
					}
				}
			}
		}
		return true
	})
	total, at := 0, p.file.Package
	ast.Inspect(p.file, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || total > mostOfStrings {
			return total <= mostOfStrings
		}
		switch e.(type) {
		case *ast.BinaryExpr, *ast.BasicLit, *ast.Ident:
			if total += s.length(e); total > mostOfStrings {
				at = e.Pos()
			}
			return false
		}
		return true
	})
	if total > mostOfStrings {
		return []Finding{p.finding("parse", "size", at, fmt.Sprintf("the constant strings up to here have more than %d bytes, put together: a mechanism needs few and short ones", mostOfStrings))}
	}
	return nil
}

// spelled measures constant strings.
type spelled struct {
	constants map[string][]ast.Expr // by name, in every scope
	known     map[string]int
	open      map[string]bool // being measured: a constant of itself is for the checker to refuse
}

// length is how many bytes an expression has if it is a constant string.
func (s *spelled) length(e ast.Expr) int {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			return len(e.Value)
		}
	case *ast.ParenExpr:
		return s.length(e.X)
	case *ast.BinaryExpr:
		return min(mostOfStrings+1, s.length(e.X)+s.length(e.Y))
	case *ast.CallExpr: // string("...")
		n := 0
		for _, a := range e.Args {
			n = min(mostOfStrings+1, n+s.length(a))
		}
		return n
	case *ast.Ident:
		if n, ok := s.known[e.Name]; ok || s.open[e.Name] {
			return n
		}
		s.open[e.Name] = true
		n := 0
		for _, value := range s.constants[e.Name] {
			n = max(n, s.length(value))
		}
		delete(s.open, e.Name)
		s.known[e.Name] = n
		return n
	}
	return 0
}
