package purity

import (
	_ "embed"
	"fmt"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/seed161a02ea/bilevel/gen/vet/calls"
	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports writes of Propose, Accept and Prune, and of what they call, to memory that their receiver or parameters
// reach. Memory is told apart by where it was allocated, by struct field, and for parameters by whether a pointer within
// was followed; the order of statements is not looked at, so a variable that once held the view's memory is taken to hold
// it always.
var Analyzer = &analysis.Analyzer{
	Name: "purity", Doc: text.Of(doc, "purity"), Run: run,
	Requires: []*analysis.Analyzer{buildssa.Analyzer, shape.Analyzer},
}

func run(pass *analysis.Pass) (any, error) {
	s := pass.ResultOf[shape.Analyzer].(*shape.Shape)
	if s.Type == nil {
		return nil, nil
	}
	info := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	effects := summarize(calls.New(info))
	if effects == nil {
		pass.Reportf(s.Type.Obj().Pos(), "the calls of this source are too involved to see what Propose and Accept change: write fewer functions and function values that call each other")
		return nil, nil
	}
	reported := map[token.Pos]bool{}
	for _, name := range s.Pure() {
		decl := s.Methods[name]
		if decl == nil {
			continue
		}
		fn := info.Pkg.Prog.FuncValue(pass.TypesInfo.Defs[decl.Name].(*types.Func))
		sum := effects[fn]
		if sum == nil {
			continue
		}
		for i, p := range fn.Params {
			for _, depth := range []depth{direct, deep} {
				for pos, w := range sum.writes[place{i, depth}] {
					if !reported[pos] {
						reported[pos] = true
						pass.Reportf(pos, "%s", message(name, fn, w, i, p))
					}
				}
			}
		}
	}
	return nil, nil
}

// message says what is changed where, and what to do instead.
func message(method string, fn *ssa.Function, w *write, param int, p *ssa.Parameter) string {
	where := method
	if w.fn != fn {
		where = fmt.Sprintf("%s, which %s calls,", calls.Name(w.fn), method)
	}
	what := w.what
	if what != "" {
		what = " (" + what + ")"
	}
	if param == 0 {
		return fmt.Sprintf("%s changes the mechanism's state%s, which only Observe may: compute it from the view, learn it in Observe, or work on a copy made with slices.Clone or maps.Clone", where, what)
	}
	return fmt.Sprintf("%s changes what its parameter %s points to%s, which belongs to the loop: work on a copy, as in: %s", where, p.Name(), what, example(w.list))
}

// example is how to copy a list of the contract's.
func example(list types.Type) string {
	if list != nil {
		if s, ok := list.Underlying().(*types.Slice); ok {
			if n, ok := types.Unalias(s.Elem()).(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == shape.Contract {
				switch n.Obj().Name() {
				case "Trial":
					return "trials := slices.Clone(v.Trials)"
				case "Proposal":
					return "pending := slices.Clone(v.Pending)"
				case "Sample":
					return "curve := slices.Clone(t.Curve)"
				}
			}
		}
	}
	return "p := v.Incumbent.Point.Clone()"
}
