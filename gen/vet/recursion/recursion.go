package recursion

import (
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/seed161a02ea/bilevel/gen/vet/calls"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports cycles in the calls between the functions of the source. A call of a function value counts as a call of
// every function of that signature whose value is taken.
var Analyzer = &analysis.Analyzer{
	Name: "recursion", Doc: text.Of(doc, "recursion"), Run: run,
	Requires: []*analysis.Analyzer{buildssa.Analyzer},
}

func run(pass *analysis.Pass) (any, error) {
	g := calls.New(pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA))
	for _, group := range cyclic(g) {
		f := group[0]
		names := []string{}
		for _, h := range back(g, f) {
			names = append(names, calls.Name(h))
		}
		how := "calls itself"
		if len(names) > 1 {
			how = "calls itself through " + strings.Join(names[1:], ", ")
		}
		pass.Reportf(f.Pos(), "%s %s: recursion is not allowed; write it as a loop with a bound, with a slice as its stack if it needs one", names[0], how)
	}
	return nil, nil
}

// cyclic returns the groups of functions that call each other (strongly connected components), each in source order.
func cyclic(g *calls.Graph) [][]*ssa.Function {
	place := map[*ssa.Function]int{}
	for i, f := range g.Funcs {
		place[f] = i
	}
	// Two passes, after Kosaraju: callees before callers, then from the last backwards along callers.
	callers := map[*ssa.Function][]*ssa.Function{}
	for _, f := range g.Funcs {
		for _, h := range g.Callees(f) {
			callers[h] = append(callers[h], f)
		}
	}
	order, seen := g.Order(g.Callees), map[*ssa.Function]bool{}
	var groups [][]*ssa.Function
	for i := len(order) - 1; i >= 0; i-- {
		var group []*ssa.Function
		stack := []*ssa.Function{order[i]}
		for len(stack) > 0 {
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[f] {
				continue
			}
			seen[f] = true
			group = append(group, f)
			stack = append(stack, callers[f]...)
		}
		if len(group) > 1 || len(group) == 1 && slices.Contains(g.Callees(group[0]), group[0]) {
			slices.SortFunc(group, func(a, b *ssa.Function) int { return place[a] - place[b] })
			groups = append(groups, group)
		}
	}
	return groups
}

// back returns a shortest way from f through its callees back to f, f first; nil if there is none.
func back(g *calls.Graph, f *ssa.Function) []*ssa.Function {
	from := map[*ssa.Function]*ssa.Function{}
	queue := []*ssa.Function{f}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range g.Callees(at) {
			if next == f {
				way := []*ssa.Function{}
				for h := at; h != f; h = from[h] {
					way = append(way, h)
				}
				way = append(way, f)
				slices.Reverse(way)
				return way
			}
			if _, seen := from[next]; !seen {
				from[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}
