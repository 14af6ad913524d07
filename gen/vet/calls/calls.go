// Package calls says which functions of a source a call may reach.
package calls

import (
	"go/types"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"
)

// A Graph is who may call whom in a source.
type Graph struct {
	Funcs []*ssa.Function // of the source, literals too, in source order

	prog   *ssa.Program
	inside map[*ssa.Function]bool
	valued []*ssa.Function // those whose value is taken

	callees map[*ssa.Function][]*ssa.Function
}

// New finds the functions of a source and those whose value is taken.
func New(s *buildssa.SSA) *Graph {
	g := &Graph{Funcs: s.SrcFuncs, prog: s.Pkg.Prog, inside: map[*ssa.Function]bool{}, callees: map[*ssa.Function][]*ssa.Function{}}
	for _, f := range g.Funcs {
		g.inside[f] = true
	}
	taken := map[*ssa.Function]bool{}
	for _, f := range g.Funcs {
		for _, b := range f.Blocks {
			for _, instr := range b.Instrs {
				for _, v := range values(instr) {
					if target := g.Function(v); target != nil {
						taken[target] = true
					}
				}
			}
		}
	}
	for _, f := range g.Funcs {
		if taken[f] {
			g.valued = append(g.valued, f)
		}
	}
	return g
}

// values returns the operands of an instruction but the function that it calls.
func values(instr ssa.Instruction) []ssa.Value {
	var out []ssa.Value
	if m, ok := instr.(*ssa.MakeClosure); ok {
		return []ssa.Value{m}
	}
	if c, ok := instr.(ssa.CallInstruction); ok {
		return c.Common().Args
	}
	for _, op := range instr.Operands(nil) {
		if *op != nil {
			out = append(out, *op)
		}
	}
	return out
}

// Function returns the function of the source that a value is: named, literal, or bound to a receiver; nil for any other
// value.
func (g *Graph) Function(v ssa.Value) *ssa.Function {
	switch v := v.(type) {
	case *ssa.MakeClosure:
		return g.source(v.Fn.(*ssa.Function))
	case *ssa.Function:
		return g.source(v)
	case *ssa.ChangeType:
		return g.Function(v.X)
	}
	return nil
}

// source returns the function as it is written: of an instance the generic one, of a bound method or a method expression the
// method; nil for other packages' functions.
func (g *Graph) source(f *ssa.Function) *ssa.Function {
	if f.Origin() != nil {
		f = f.Origin()
	}
	if !g.inside[f] && f.Synthetic != "" {
		if obj, ok := f.Object().(*types.Func); ok {
			f = g.prog.FuncValue(obj)
		}
	}
	if f == nil || !g.inside[f] {
		return nil
	}
	return f
}

// Targets returns the functions of the source that a call may run: the one it names, those of the same signature whose value
// is taken when it calls a value, the methods of that name and signature when it calls through an interface. known is
// false when the call may also run a function of another package.
func (g *Graph) Targets(c *ssa.CallCommon) (targets []*ssa.Function, known bool) {
	if callee := c.StaticCallee(); callee != nil {
		if f := g.source(callee); f != nil {
			return []*ssa.Function{f}, true
		}
		return nil, false
	}
	if c.IsInvoke() {
		for _, f := range g.Funcs {
			if f.Signature.Recv() != nil && f.Name() == c.Method.Name() && same(f.Signature, c.Method.Signature()) {
				targets = append(targets, f)
			}
		}
		return targets, false
	}
	if _, builtin := c.Value.(*ssa.Builtin); builtin {
		return nil, false
	}
	for _, f := range g.valued {
		if same(f.Signature, c.Signature()) {
			targets = append(targets, f)
		}
	}
	return targets, false
}

// Callees returns every function of the source that f may run, those it hands to another package's function too.
func (g *Graph) Callees(f *ssa.Function) []*ssa.Function {
	if out, done := g.callees[f]; done {
		return out
	}
	seen, out := map[*ssa.Function]bool{}, []*ssa.Function{}
	add := func(h *ssa.Function) {
		if h != nil && !seen[h] {
			seen[h] = true
			out = append(out, h)
		}
	}
	for _, b := range f.Blocks {
		for _, instr := range b.Instrs {
			c, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			targets, known := g.Targets(c.Common())
			for _, h := range targets {
				add(h)
			}
			for _, arg := range c.Common().Args {
				if !known {
					add(g.Function(arg))
				}
			}
		}
	}
	g.callees[f] = out
	return out
}

// Order returns the functions with those that next names before the function itself, as far as there are no cycles.
func (g *Graph) Order(next func(*ssa.Function) []*ssa.Function) []*ssa.Function {
	var out []*ssa.Function
	seen := map[*ssa.Function]bool{}
	type visit struct {
		f    *ssa.Function
		done bool // those before it are out
	}
	for _, root := range g.Funcs {
		stack := []visit{{f: root}}
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if v.done {
				out = append(out, v.f)
				continue
			}
			if seen[v.f] {
				continue
			}
			seen[v.f] = true
			stack = append(stack, visit{v.f, true})
			for _, h := range next(v.f) {
				stack = append(stack, visit{f: h})
			}
		}
	}
	return out
}

// Name is what a function is called in a message: "fill", "(*M).note", "a function literal in fill".
func Name(f *ssa.Function) string {
	if f.Parent() == nil {
		return f.RelString(f.Pkg.Pkg)
	}
	for f.Parent() != nil {
		f = f.Parent()
	}
	return "a function literal in " + f.RelString(f.Pkg.Pkg)
}

// same compares signatures without their receivers.
func same(a, b *types.Signature) bool {
	return a.Variadic() == b.Variadic() && types.Identical(a.Params(), b.Params()) && types.Identical(a.Results(), b.Results())
}
