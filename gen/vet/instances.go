package vet

import (
	"fmt"
	"go/ast"
	"go/types"
)

// mostInstances is how many instances of generic functions and types a source may ask for: the compiler makes each, and
// twenty functions that each call the next with two types ask for a million.
const mostInstances = 1000

// instances reports generic code that would be compiled too often. It counts from above: two sites that come to the same
// instance count twice when they lie in different functions.
func (p *Package) instances() []Finding {
	sites := map[types.Object]map[types.Object]map[string]bool{} // by what holds them and what they instantiate, by type arguments
	for _, d := range p.file.Decls {
		for _, holder := range p.holders(d) {
			ast.Inspect(holder.node, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				if !ok {
					return true
				}
				inst, ok := p.info.Instances[id]
				made := p.info.Uses[id]
				if !ok || made == nil || made.Pkg() != p.types || made == holder.object {
					return true
				}
				if sites[holder.object] == nil {
					sites[holder.object] = map[types.Object]map[string]bool{}
				}
				if sites[holder.object][made] == nil {
					sites[holder.object][made] = map[string]bool{}
				}
				arguments := ""
				for t := range inst.TypeArgs.Types() {
					arguments += t.String() + ","
				}
				sites[holder.object][made][arguments] = true
				return true
			})
		}
	}
	counts := map[types.Object]int{}
	for range len(sites) + 1 { // as often as the longest chain has links
		next := map[types.Object]int{}
		for holder, made := range sites {
			times := 1
			if generic(holder) {
				times = counts[holder]
			}
			for object, arguments := range made {
				next[object] = min(next[object]+times*len(arguments), mostInstances+1)
				if next[object] > mostInstances {
					return []Finding{p.finding("typecheck", "size", object.Pos(), fmt.Sprintf("the compiler would have to make more than %d instances of %s: use fewer type parameters within generic code", mostInstances, object.Name()))}
				}
			}
		}
		counts = next
	}
	return nil
}

// A holder is a declaration with the object that its code is compiled for.
type holder struct {
	node   ast.Node
	object types.Object
}

// holders returns the functions and types of a declaration. A method is compiled as often as its receiver's type.
func (p *Package) holders(d ast.Decl) []holder {
	switch d := d.(type) {
	case *ast.FuncDecl:
		object := p.info.Defs[d.Name]
		if f, ok := object.(*types.Func); ok && f.Signature().Recv() != nil {
			t := f.Signature().Recv().Type()
			if pointer, ok := t.(*types.Pointer); ok {
				t = pointer.Elem()
			}
			if n, ok := types.Unalias(t).(*types.Named); ok {
				object = n.Origin().Obj()
			}
		}
		return []holder{{d, object}}
	case *ast.GenDecl:
		var all []holder
		for _, s := range d.Specs {
			if t, ok := s.(*ast.TypeSpec); ok {
				all = append(all, holder{t, p.info.Defs[t.Name]})
			}
		}
		return all
	}
	return nil
}

// generic reports whether a function or type has type parameters.
func generic(o types.Object) bool {
	switch o := o.(type) {
	case *types.Func:
		return o.Signature().TypeParams().Len() > 0
	case *types.TypeName:
		n, ok := o.Type().(*types.Named)
		return ok && n.TypeParams().Len() > 0
	}
	return false
}
