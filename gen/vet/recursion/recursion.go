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
	reported := map[*ssa.Function]bool{}
	for _, f := range g.Funcs {
		cycle := back(g, f)
		if cycle == nil || reported[f] {
			continue
		}
		names := make([]string, len(cycle))
		for i, h := range cycle {
			reported[h] = true
			names[i] = calls.Name(h)
		}
		how := "calls itself"
		if len(cycle) > 1 {
			how = "calls itself through " + strings.Join(names[1:], ", ")
		}
		pass.Reportf(f.Pos(), "%s %s: recursion is not allowed; write it as a loop with a bound, with a slice as its stack if it needs one", names[0], how)
	}
	return nil, nil
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
