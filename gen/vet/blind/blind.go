package blind

import (
	_ "embed"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports a Propose that does not read its view, nor hands it to a function that does.
var Analyzer = &analysis.Analyzer{
	Name: "blind", Doc: text.Of(doc, "blind"), Run: run,
	Requires: []*analysis.Analyzer{buildssa.Analyzer, shape.Analyzer},
}

func run(pass *analysis.Pass) (any, error) {
	s := pass.ResultOf[shape.Analyzer].(*shape.Shape)
	decl := s.Methods["Propose"]
	if decl == nil {
		return nil, nil
	}
	prog := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA).Pkg.Prog
	fn := prog.FuncValue(pass.TypesInfo.Defs[decl.Name].(*types.Func))
	if fn == nil || fn.Blocks == nil {
		return nil, nil
	}
	view := fn.Params[len(fn.Params)-1]
	if !reads(view, map[ssa.Value]bool{}) {
		pass.Reportf(decl.Name.Pos(), "Propose never reads its view, so it proposes the same whatever happened: base the proposal on v.Incumbent, v.Trials, v.Space or v.Suggest")
	}
	return nil, nil
}

// reads reports whether what a value holds reaches anything but local variables and functions that ignore it.
func reads(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] || v.Referrers() == nil {
		return false
	}
	seen[v] = true
	for _, use := range *v.Referrers() {
		switch use := use.(type) {
		case *ssa.DebugRef:
		case *ssa.Store:
			local, ok := use.Addr.(*ssa.Alloc)
			if use.Val == v && (!ok || reads(local, seen)) {
				return true
			}
		case *ssa.UnOp: // the whole value loaded
			if reads(use, seen) {
				return true
			}
		case *ssa.Call:
			callee := use.Call.StaticCallee()
			if callee == nil || callee.Blocks == nil {
				return true
			}
			for i, arg := range use.Call.Args {
				if arg == v && reads(callee.Params[i], seen) {
					return true
				}
			}
		default:
			return true
		}
	}
	return false
}
