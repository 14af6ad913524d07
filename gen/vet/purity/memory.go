package purity

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/seed161a02ea/bilevel/gen/vet/calls"
)

// memory is what one function's values point to, found by passing over its instructions until nothing is added.
type memory struct {
	fn      *ssa.Function
	graph   *calls.Graph
	all     map[*ssa.Function]*summary
	sum     *summary
	points  map[ssa.Value]nodes // what a value, or a reference within it, may point to
	content map[node]nodes      // what the references in a piece of memory may point to
	grew    bool
	steps   *int // of the whole analysis so far
}

func newMemory(f *ssa.Function, g *calls.Graph, all map[*ssa.Function]*summary, steps *int) *memory {
	m := &memory{fn: f, graph: g, all: all, sum: all[f], points: map[ssa.Value]nodes{}, content: map[node]nodes{}, steps: steps}
	for i, p := range f.Params {
		m.parameter(i, p)
	}
	for i, v := range f.FreeVars {
		m.parameter(len(f.Params)+i, v)
	}
	return m
}

// parameter sets what a parameter points to: its direct memory, from there on its deep memory.
func (m *memory) parameter(i int, v ssa.Value) {
	d, dd := node{at: place{i, direct}}, node{at: place{i, deep}}
	m.content[d], m.content[dd] = nodes{dd: true}, nodes{dd: true}
	m.points[v] = nodes{}
	if refers(v.Type()) {
		m.points[v][d] = true
	}
}

func (m *memory) solve() {
	for m.grew = true; m.grew; {
		m.grew = false
		for _, b := range m.fn.Blocks {
			for _, instr := range b.Instrs {
				if *m.steps++; *m.steps > most {
					return
				}
				m.instruction(instr)
			}
		}
	}
}

// set adds to what a value points to.
func (m *memory) set(v ssa.Value, s nodes) {
	if !refers(v.Type()) {
		return
	}
	if m.points[v] == nil {
		m.points[v] = nodes{}
	}
	if m.points[v].add(s) {
		m.grew = true
	}
}

// fresh is the memory that an instruction allocates.
func fresh(v ssa.Value) nodes { return nodes{node{site: v}: true} }

func (m *memory) instruction(instr ssa.Instruction) {
	switch i := instr.(type) {
	case *ssa.Alloc, *ssa.MakeSlice, *ssa.MakeMap:
		m.set(i.(ssa.Value), fresh(i.(ssa.Value)))
	case *ssa.MakeClosure:
		m.closure(i)
	case *ssa.FieldAddr:
		m.set(i, m.points[i.X].sub(fmt.Sprintf(".%d", i.Field)))
	case *ssa.IndexAddr:
		m.set(i, m.points[i.X].sub("[]"))
	case *ssa.UnOp:
		if i.Op == token.MUL {
			m.set(i, m.load(m.points[i.X]))
		}
	case *ssa.Lookup:
		m.set(i, m.load(m.points[i.X].sub("[]")))
	case *ssa.Next:
		m.set(i, m.load(m.points[i.Iter].sub("[]")))
	case *ssa.Phi:
		for _, e := range i.Edges {
			m.set(i, m.points[e])
		}
	case *ssa.Convert, *ssa.MultiConvert:
		m.set(i.(ssa.Value), fresh(i.(ssa.Value))) // between strings and slices: a copy
	case *ssa.MakeInterface:
		m.set(i, m.points[i.X])
		m.methods(i)
	case *ssa.Field, *ssa.Index, *ssa.Extract, *ssa.ChangeType, *ssa.ChangeInterface, *ssa.TypeAssert,
		*ssa.Slice, *ssa.SliceToArrayPointer, *ssa.Range:
		m.set(i.(ssa.Value), m.points[*i.Operands(nil)[0]])
	case *ssa.Store:
		m.write(m.points[i.Addr], i.Pos(), i.Addr)
		m.assign(m.points[i.Addr], i.Val)
	case *ssa.MapUpdate:
		m.write(m.points[i.Map], i.Pos(), i.Map)
		m.keep(m.points[i.Map].sub("[]"), m.points[i.Key])
		m.assign(m.points[i.Map].sub("[]"), i.Value)
	case ssa.CallInstruction:
		m.call(i)
	case *ssa.Return:
		for _, r := range i.Results {
			m.returned(m.points[r])
		}
	}
}

// load returns what the references in memory may point to. What was stored in a whole struct may be in any of its fields,
// and a whole struct holds what was stored in each.
func (m *memory) load(from nodes) nodes {
	out := nodes{}
	for n := range from {
		*m.steps += len(m.content) / 16
		for in, held := range m.content {
			if in.site == n.site && in.at == n.at && (strings.HasPrefix(in.path, n.path) || strings.HasPrefix(n.path, in.path)) {
				out.add(held)
			}
		}
	}
	return out
}

// assign stores a value in memory. What is copied from other memory keeps its fields apart.
func (m *memory) assign(to nodes, v ssa.Value) {
	if !refers(v.Type()) {
		return
	}
	switch v := v.(type) {
	case *ssa.UnOp:
		if v.Op == token.MUL {
			m.copied(to, m.points[v.X])
			return
		}
	case *ssa.Lookup:
		if !v.CommaOk {
			m.copied(to, m.points[v.X].sub("[]"))
			return
		}
	}
	m.keep(to, m.points[v])
}

// copied stores in one piece of memory what another holds, part by part.
func (m *memory) copied(to, from nodes) {
	for n := range from {
		*m.steps += len(m.content) / 16
		for in, held := range maps.Clone(m.content) {
			switch {
			case in.site != n.site || in.at != n.at:
			case strings.HasPrefix(n.path, in.path): // stored in a whole that the copied is a part of
				m.keep(to, held)
			case strings.HasPrefix(in.path, n.path):
				for t := range to {
					if part := in.path[len(n.path):]; len(t.path)+len(part) <= deepest {
						t = t.sub(part)
					}
					m.keep(nodes{t: true}, held)
				}
			}
		}
	}
}

// reach returns everything that can be reached from memory by following references, at least one.
func (m *memory) reach(from nodes) nodes {
	out := nodes{}
	for next := m.load(from); out.add(next); {
		next = m.load(out)
	}
	return out
}

// keep stores references in memory.
func (m *memory) keep(in, refs nodes) {
	for n := range in {
		if m.content[n] == nil {
			m.content[n] = nodes{}
		}
		if m.content[n].add(refs) {
			m.grew = true
		}
		if n.site != nil {
			continue
		}
		for r := range refs {
			if r.site == nil && r.at.param != n.at.param {
				if m.sum.flows[n.at] == nil {
					m.sum.flows[n.at] = map[place]bool{}
				}
				m.sum.flows[n.at][r.at] = true
			}
		}
	}
}

// write notes a change of memory that the caller can see.
func (m *memory) write(to nodes, pos token.Pos, addr ssa.Value) {
	m.written(to, &write{pos: pos, fn: m.fn, what: describe(addr, 0), list: listed(addr)})
}

// called notes that a call of the named function changes its first argument.
func (m *memory) called(name string, c *ssa.CallCommon) {
	arg := c.Args[0]
	switch v := arg.(type) { // what it was before it became any, or a type with the methods of sort.Interface
	case *ssa.MakeInterface:
		arg = v.X
	case *ssa.ChangeType:
		arg = v.X
	}
	if v, ok := arg.(*ssa.ChangeType); ok {
		arg = v.X
	}
	m.written(m.points[c.Args[0]], &write{pos: c.Pos(), fn: m.fn, what: name + " of " + describe(arg, 0), list: arg.Type()})
}

func (m *memory) written(to nodes, w *write) {
	for n := range to {
		if n.site != nil {
			continue
		}
		if m.sum.writes[n.at] == nil {
			m.sum.writes[n.at] = map[token.Pos]*write{}
		}
		m.sum.writes[n.at][w.pos] = w
	}
}

// returned notes what a result points to.
func (m *memory) returned(s nodes) {
	for n := range s {
		if n.site == nil {
			m.sum.results[n.at] = true
		}
	}
	for n := range m.reach(s) {
		if n.site == nil {
			m.sum.reach[n.at] = true
		}
	}
}

// refers reports whether values of a type may hold references to memory that can be changed.
func refers(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() == types.UnsafePointer
	case *types.Struct:
		for i := range t.NumFields() {
			if refers(t.Field(i).Type()) {
				return true
			}
		}
		return false
	case *types.Array:
		return refers(t.Elem())
	case *types.Tuple:
		for i := range t.Len() {
			if refers(t.At(i).Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// listed is the type of the list that an address lies in.
func listed(addr ssa.Value) types.Type {
	switch v := addr.(type) {
	case *ssa.IndexAddr:
		return v.X.Type()
	case *ssa.FieldAddr:
		return listed(v.X)
	}
	return nil
}

// describe writes an address as the source would, as far as it can be told: "m.Arms[...].Pulls".
func describe(v ssa.Value, hops int) string {
	if hops > 8 {
		return "..."
	}
	switch v := v.(type) {
	case *ssa.FieldAddr:
		t := v.X.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Struct)
		return describe(v.X, hops+1) + "." + t.Field(v.Field).Name()
	case *ssa.Field:
		return describe(v.X, hops+1) + "." + v.X.Type().Underlying().(*types.Struct).Field(v.Field).Name()
	case *ssa.IndexAddr:
		return describe(v.X, hops+1) + "[...]"
	case *ssa.UnOp:
		return describe(v.X, hops+1)
	case *ssa.Slice:
		return describe(v.X, hops+1)
	case *ssa.Parameter, *ssa.FreeVar:
		return v.Name()
	case *ssa.Alloc:
		if v.Comment == "varargs" { // the list that f(a, b) makes of them
			return "..."
		}
		return v.Comment
	case *ssa.Phi:
		return v.Comment
	}
	return "..."
}
