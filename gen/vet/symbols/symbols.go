package symbols

import (
	_ "embed"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports uses of other packages' functions, types, variables and methods that are not allowed.
var Analyzer = &analysis.Analyzer{Name: "symbols", Doc: text.Of(doc, "symbols"), Run: run}

// A rule says what of a package may be used: the names in only, or all but those in never.
type rule struct {
	only, never []string // "Name", or "Type.Method"
	instead     string
}

var rules = map[string]rule{
	"context": {only: []string{"Context", "Context.Err", "Canceled", "DeadlineExceeded"}, instead: "pass on the ctx that Propose was given; time must not reach a decision"},
	"fmt": {only: []string{
		"Sprint", "Sprintf", "Sprintln", "Errorf", "Append", "Appendf", "Appendln", "Stringer", "Stringer.String",
		"Fprint", "Fprintf", "Fprintln", "Sscan", "Sscanf", "Sscanln", // a strings.Builder is the only writer in reach
	}, instead: "there is nothing to print to or read from; use fmt.Sprintf and Proposal.Why"},
	"math/rand/v2": {only: []string{"Rand", "Rand.*"}, instead: "draw from v.Rand, the only source of randomness that is repeated when a decision is asked again"},
	shape.Contract: {never: []string{"Stream", "Source", "Guide"}, instead: "randomness comes from v.Rand; the rest is for the tool"},
}

// builtins that write to standard error, which belongs to the loop.
var builtins = map[string]string{"print": "put the reason into Proposal.Why", "println": "put the reason into Proposal.Why"}

func run(pass *analysis.Pass) (any, error) {
	for id, obj := range pass.TypesInfo.Uses {
		if b, ok := obj.(*types.Builtin); ok && builtins[b.Name()] != "" {
			pass.Reportf(id.Pos(), "%s is not allowed: a mechanism writes nothing; %s", b.Name(), builtins[b.Name()])
		}
		if obj.Pkg() == nil || obj.Pkg() == pass.Pkg {
			continue
		}
		r, ruled := rules[obj.Pkg().Path()]
		name := qualified(obj)
		if !ruled || name == "" || r.allows(name) {
			continue
		}
		pass.Reportf(id.Pos(), "%s.%s is not allowed: %s", obj.Pkg().Name(), name, r.instead)
	}
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				addresses(pass, call)
			}
			return true
		})
	}
	return nil, nil
}

func (r rule) allows(name string) bool {
	typ, _, method := strings.Cut(name, ".")
	if r.only == nil {
		return !slices.Contains(r.never, name)
	}
	return slices.Contains(r.only, name) || method && slices.Contains(r.only, typ+".*")
}

// qualified returns the name of a package-level object, or Type.Method; "" for anything else (a field, a parameter).
func qualified(obj types.Object) string {
	if f, ok := obj.(*types.Func); ok && f.Signature().Recv() != nil {
		t := types.Unalias(f.Signature().Recv().Type())
		if p, ok := t.(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Name() + "." + f.Name()
		}
		return ""
	}
	if obj.Parent() == obj.Pkg().Scope() {
		return obj.Name()
	}
	return ""
}

// address matches the verb that prints where a value lies in memory, which differs from run to run.
var address = regexp.MustCompile(`%[-+# 0-9.*\[\]]*p`)

// addresses reports %p in a constant format of fmt, and values that fmt prints as an address under any verb.
func addresses(pass *analysis.Pass, call *ast.CallExpr) {
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "fmt" || fn.Signature().Recv() != nil {
		return
	}
	for i, arg := range call.Args {
		tv := pass.TypesInfo.Types[arg]
		if tv.Value != nil {
			if address.MatchString(strings.ReplaceAll(tv.Value.ExactString(), "%%", "")) {
				pass.Reportf(arg.Pos(), "%%p prints an address, which differs from run to run: print the value")
			}
			continue
		}
		if strings.HasPrefix(fn.Name(), "Sscan") || strings.HasPrefix(fn.Name(), "Fprint") && i == 0 {
			continue // it is written to, not printed
		}
		if tv.Type != nil && pointed(tv.Type, 0) {
			pass.Reportf(arg.Pos(), "fmt prints an address for a value of type %s, or for what it holds, which differs from run to run: print what it points to", text.Type(tv.Type, pass.Pkg))
		}
	}
}

// pointed reports whether fmt prints an address for a value of a type, at this depth within what is printed. A pointer to
// a struct, slice, array or map is followed at the top and there only; what has a method Error or String is asked.
func pointed(t types.Type, depth int) bool {
	if depth > 8 || speaks(t) {
		return false
	}
	switch u := types.Unalias(t).Underlying().(type) {
	case *types.Signature, *types.Chan:
		return true
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Pointer:
		if depth == 0 {
			switch u.Elem().Underlying().(type) {
			case *types.Struct, *types.Slice, *types.Array, *types.Map:
				return pointed(u.Elem(), 1)
			}
		}
		return true
	case *types.Slice:
		return pointed(u.Elem(), depth+1)
	case *types.Array:
		return pointed(u.Elem(), depth+1)
	case *types.Map:
		return pointed(u.Key(), depth+1) || pointed(u.Elem(), depth+1)
	case *types.Struct:
		for f := range u.Fields() {
			if pointed(f.Type(), depth+1) {
				return true
			}
		}
	}
	return false
}

func speaks(t types.Type) bool {
	for _, method := range []string{"Error", "String"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, false, nil, method); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}
