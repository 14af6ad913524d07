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

// addresses reports %p in a constant format of fmt.
func addresses(pass *analysis.Pass, call *ast.CallExpr) {
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "fmt" {
		return
	}
	for _, arg := range call.Args {
		if tv := pass.TypesInfo.Types[arg]; tv.Value != nil && address.MatchString(strings.ReplaceAll(tv.Value.ExactString(), "%%", "")) {
			pass.Reportf(arg.Pos(), "%%p prints an address, which differs from run to run: print the value")
		}
	}
}
