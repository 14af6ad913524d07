package sizes

import (
	_ "embed"
	"go/ast"
	"go/constant"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports array types and allocations of more than most elements.
var Analyzer = &analysis.Analyzer{Name: "sizes", Doc: text.Of(doc, "sizes"), Run: run}

// most is the largest constant size, in elements: far above trials × parameters of any run.
const most = 1 << 20

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ArrayType:
				if n.Len != nil {
					if t := pass.TypesInfo.TypeOf(n); t != nil && elements(t) > most {
						pass.Reportf(n.Pos(), "the array type has %d elements, want at most %d: use a slice that grows with the trials", elements(t), most)
					}
				}
			case *ast.CallExpr:
				call(pass, n)
			}
			return true
		})
	}
	return nil, nil
}

// call reports a make whose constant length or capacity is too large, and a repeat with a large constant count.
func call(pass *analysis.Pass, n *ast.CallExpr) {
	name, from := "", 0
	switch fn := ast.Unparen(n.Fun).(type) {
	case *ast.Ident:
		if b, ok := pass.TypesInfo.Uses[fn].(*types.Builtin); ok && b.Name() == "make" {
			name, from = "make", 1
		}
	case *ast.SelectorExpr:
		if o := pass.TypesInfo.Uses[fn.Sel]; o != nil && o.Pkg() != nil && (o.Name() == "Repeat" || o.Name() == "Grow") {
			name, from = o.Pkg().Name()+"."+o.Name(), 0
		}
	}
	if name == "" {
		return
	}
	for _, arg := range n.Args[min(from, len(n.Args)):] {
		tv := pass.TypesInfo.Types[arg]
		if tv.Value == nil || tv.Value.Kind() != constant.Int {
			continue
		}
		if size, exact := constant.Int64Val(tv.Value); !exact || size > most {
			pass.Reportf(arg.Pos(), "%s of %s elements, want at most %d: allocate as much as there are trials or parameters", name, tv.Value.ExactString(), most)
		}
	}
}

// elements counts the basic values in a type, arrays multiplied out; it stops counting above most.
func elements(t types.Type) int64 {
	switch t := t.Underlying().(type) {
	case *types.Array:
		if t.Len() == 0 {
			return 0
		}
		if inner := elements(t.Elem()); inner > most || t.Len() > most {
			return max(inner, t.Len())
		} else {
			return inner * t.Len()
		}
	case *types.Struct:
		n := int64(0)
		for i := range t.NumFields() {
			n += elements(t.Field(i).Type())
		}
		return n
	}
	return 1
}
