package purity

import (
	"go/types"
	"regexp"

	"golang.org/x/tools/go/ssa"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
)

// changes lists functions of other packages that write to what their first argument points to.
var changes = map[string]bool{
	"slices.Sort": true, "slices.SortFunc": true, "slices.SortStableFunc": true, "slices.Reverse": true, "slices.Insert": true,
	"slices.Delete": true, "slices.DeleteFunc": true, "slices.Replace": true, "slices.Compact": true, "slices.CompactFunc": true,
	"sort.Sort": true, "sort.Stable": true, "sort.Slice": true, "sort.SliceStable": true, "sort.Ints": true, "sort.Strings": true, "sort.Float64s": true,
	"maps.Copy": true, "maps.DeleteFunc": true, "maps.Insert": true,
}

// scans lists those that write to what the elements of their last argument point to.
var scans = map[string]bool{"fmt.Sscan": true, "fmt.Sscanf": true, "fmt.Sscanln": true}

// copies lists functions of other packages whose results share nothing with their arguments but what those reach by
// further references (slices.Clone of a slice of slices).
var copies = map[string]bool{
	"slices.Clone": true, "slices.Concat": true, "slices.Repeat": true, "slices.Collect": true, "slices.Sorted": true, "slices.SortedFunc": true,
	"slices.SortedStableFunc": true, "maps.Clone": true, "maps.Collect": true,
}

// shared lists functions of the contract whose results point into their arguments. The results of all others are new, but
// for those of a function that is handed to them (View.Fresh).
var shared = map[string]bool{"View.Best": true, shape.Contract + ".Incumbents": true}

// aliasing matches the functions of other packages whose results may point into their arguments: slices.Grow, maps.Values,
// strconv.AppendInt, ... The results of all others (strings.Split, Rand.Perm) are new.
var aliasing = regexp.MustCompile(`^(slices|maps|sort|cmp|errors)\.|^(fmt|strconv)\.Append`)

// call applies a call's effects.
func (m *memory) call(instr ssa.CallInstruction) {
	c := instr.Common()
	result, _ := instr.(*ssa.Call) // nil for defer
	if b, ok := c.Value.(*ssa.Builtin); ok {
		m.builtin(b.Name(), c, result)
		return
	}
	targets, known := m.graph.Targets(c)
	for _, f := range targets {
		args := c.Args
		if c.IsInvoke() {
			args = append([]ssa.Value{c.Value}, args...)
		}
		m.apply(f, m.arguments(f, c, args), result)
	}
	if !known {
		m.outside(c, result)
	}
}

// arguments returns what each parameter and captured variable of f points to in a call.
func (m *memory) arguments(f *ssa.Function, c *ssa.CallCommon, args []ssa.Value) []nodes {
	out := make([]nodes, len(f.Params)+len(f.FreeVars))
	skip := len(f.Params) - len(args) // a bound receiver is not among the arguments
	for i, a := range args {
		if at := i + skip; at >= 0 && at < len(f.Params) {
			out[at] = m.points[a]
		}
	}
	if mc, ok := c.Value.(*ssa.MakeClosure); ok {
		m.bind(out, f, mc)
	}
	return out
}

// bind sets the captured variables of a literal, or the receiver of a bound method.
func (m *memory) bind(out []nodes, f *ssa.Function, mc *ssa.MakeClosure) {
	for i, b := range mc.Bindings {
		if len(f.FreeVars) == len(mc.Bindings) {
			out[len(f.Params)+i] = m.points[b]
		} else if i < len(f.Params) {
			out[i] = m.points[b]
		}
	}
}

// apply brings the summary of a function of the source into this one.
func (m *memory) apply(f *ssa.Function, args []nodes, result *ssa.Call) {
	sum := m.all[f]
	*m.steps += 1 + sum.size()
	here := func(p place) nodes {
		if p.param >= len(args) {
			return nil
		}
		if p.depth == direct {
			return args[p.param]
		}
		return m.reach(args[p.param])
	}
	for p, at := range sum.writes {
		for _, w := range at {
			m.written(here(p), w)
		}
	}
	for to, from := range sum.flows {
		for p := range from {
			m.keep(here(to), here(p))
		}
	}
	if result == nil {
		return
	}
	m.set(result, fresh(result))
	for p := range sum.results {
		m.set(result, here(p))
	}
	for p := range sum.reach {
		m.keep(fresh(result), here(p))
	}
}

// closure takes a literal to be called as soon as it is made, as far as its captured variables go.
func (m *memory) closure(mc *ssa.MakeClosure) {
	m.set(mc, fresh(mc))
	for _, b := range mc.Bindings {
		m.keep(fresh(mc), m.points[b])
	}
	if f := m.graph.Function(mc); f != nil {
		args := make([]nodes, len(f.Params)+len(f.FreeVars))
		m.bind(args, f, mc)
		m.apply(f, args, nil)
	}
}

// methods takes the methods of a value that becomes one of another package's interface (any, error, sort.Interface) to be
// called at once: whoever gets it may call them, as fmt.Sprint calls String.
func (m *memory) methods(i *ssa.MakeInterface) {
	if n, ok := types.Unalias(i.Type()).(*types.Named); ok && n.Obj().Pkg() == m.fn.Pkg.Pkg {
		return // calls of its methods are seen
	}
	for _, f := range m.graph.Funcs {
		if recv := f.Signature.Recv(); recv == nil || bare(recv.Type()) != bare(i.X.Type()) {
			continue
		}
		args := make([]nodes, len(f.Params)+len(f.FreeVars))
		args[0] = m.points[i.X]
		m.apply(f, args, nil)
	}
}

// bare is the named type that a type is, or is a pointer to; nil for any other.
func bare(t types.Type) *types.TypeName {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Origin().Obj()
	}
	return nil
}

// outside applies a call of another package's function. Functions handed to it may be called with anything that its other
// arguments reach.
func (m *memory) outside(c *ssa.CallCommon, result *ssa.Call) {
	name, contract := external(c)
	given := nodes{}
	for _, a := range c.Args {
		given.add(m.points[a])
	}
	given.add(m.points[c.Value]) // of an interface the value, of an iterator what it ranges over
	if changes[name] {
		m.called(name, c)
	}
	if scans[name] {
		last := c.Args[len(c.Args)-1]
		m.write(m.load(m.points[last].sub("[]")), c.Pos(), last)
	}
	within := m.reach(given)
	for _, a := range c.Args {
		f := m.graph.Function(a)
		if f == nil {
			continue
		}
		args := make([]nodes, len(f.Params)+len(f.FreeVars))
		for i := range f.Params {
			args[i] = nodes{}
			args[i].add(given)
			args[i].add(within)
		}
		if mc, ok := a.(*ssa.MakeClosure); ok {
			m.bind(args, f, mc)
		}
		m.apply(f, args, result)
	}
	if result == nil {
		return
	}
	m.set(result, fresh(result))
	switch {
	case name == "": // a function value of the loop's (v.Suggest): its answers are new
	case copies[name]:
		m.keep(fresh(result).sub("[]"), within)
	case shared[name] || !contract && aliasing.MatchString(name):
		m.set(result, given)
		m.set(result, within)
	}
}

// external names the function of another package that a call runs: "slices.Sort", "View.Best"; "" for a function value.
func external(c *ssa.CallCommon) (name string, contract bool) {
	fn := (*types.Func)(nil)
	if c.IsInvoke() {
		fn = c.Method
	} else if callee := c.StaticCallee(); callee != nil {
		if callee.Origin() != nil {
			callee = callee.Origin()
		}
		fn, _ = callee.Object().(*types.Func)
	}
	if fn == nil || fn.Pkg() == nil {
		return "", false
	}
	contract = fn.Pkg().Path() == shape.Contract
	if recv := fn.Signature().Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			return n.Obj().Name() + "." + fn.Name(), contract
		}
	}
	return fn.Pkg().Path() + "." + fn.Name(), contract
}

// builtin applies a call of a built-in function.
func (m *memory) builtin(name string, c *ssa.CallCommon, result *ssa.Call) {
	switch name {
	case "append":
		to := m.points[c.Args[0]]
		if shortened(c.Args[0], 0) {
			// append(s[:k], x) writes over s[k]; append(s, x) writes behind what anybody sees.
			m.write(to, c.Pos(), c.Args[0])
		}
		m.set(result, to)
		m.set(result, fresh(result))
		if len(c.Args) > 1 && elementsRefer(c.Args[0]) {
			elements := m.points[c.Args[1]].sub("[]")
			m.copied(fresh(result).sub("[]"), elements)
			for n := range to {
				if n.site != nil {
					m.copied(nodes{n.sub("[]"): true}, elements)
				}
			}
		}
	case "copy":
		m.write(m.points[c.Args[0]], c.Pos(), c.Args[0])
		if elementsRefer(c.Args[0]) {
			m.copied(m.points[c.Args[0]].sub("[]"), m.points[c.Args[1]].sub("[]"))
		}
	case "delete", "clear":
		m.write(m.points[c.Args[0]], c.Pos(), c.Args[0])
	}
}

// elementsRefer reports whether the elements of a slice may hold references.
func elementsRefer(v ssa.Value) bool {
	s, ok := v.Type().Underlying().(*types.Slice)
	return !ok || refers(s.Elem())
}

// shortened reports whether a slice may be a part of another with room behind it that is in use.
func shortened(v ssa.Value, hops int) bool {
	switch v := v.(type) {
	case *ssa.Slice:
		return v.Max == nil && v.High != nil
	case *ssa.Phi:
		if hops > 8 {
			return true
		}
		for _, e := range v.Edges {
			if shortened(e, hops+1) {
				return true
			}
		}
	case *ssa.ChangeType:
		return shortened(v.X, hops)
	}
	return false
}
