package shape

import (
	_ "embed"
	"go/ast"
	"go/types"
	"reflect"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Contract is the import path of the contract.
const Contract = "github.com/seed161a02ea/bilevel/mechanisms"

// Analyzer reports what is missing; its result is a *Shape.
var Analyzer = &analysis.Analyzer{
	Name:       "shape",
	Doc:        text.Of(doc, "shape"),
	Run:        run,
	ResultType: reflect.TypeFor[*Shape](),
}

// A Shape is where the parts of a mechanism are. A source that lacks any has the zero Shape.
type Shape struct {
	Type    *types.Named             // the struct whose fields are the state
	Methods map[string]*ast.FuncDecl // Propose, Accept, Observe and, if it is a Pruner, Prune
}

// Pure lists the methods that must change nothing, in the order of the contract.
func (s *Shape) Pure() []string { return []string{"Propose", "Accept", "Prune"} }

// signatures are the contract's methods as an author writes them.
var signatures = map[string]string{
	"Propose": "Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error)",
	"Accept":  "Accept(v mechanisms.View, t mechanisms.Trial) bool",
	"Observe": "Observe(t mechanisms.Trial)",
	"Prune":   "Prune(v mechanisms.View, p mechanisms.Proposal, curve []mechanisms.Sample) bool",
}

func run(pass *analysis.Pass) (any, error) {
	none := &Shape{}
	file := pass.Files[0]
	if name := pass.Pkg.Name(); name == "main" || name == "documentation" || name == "mechanisms" {
		pass.Reportf(file.Name.Pos(), "package %s cannot be imported beside the contract: name the package after the idea, in lower-case letters", name)
	}
	for _, taken := range []string{"Entry", "mechanisms"} {
		if obj := pass.Pkg.Scope().Lookup(taken); obj != nil {
			pass.Reportf(obj.Pos(), "the name %s is taken by the generated file beside this one: choose another name", taken)
		}
	}
	contract := imported(pass.Pkg, Contract)
	if contract == nil {
		pass.Reportf(file.Name.Pos(), "the contract is not imported: a mechanism implements mechanisms.Mechanism; add import %q", Contract)
		return none, nil
	}
	named := constructor(pass)
	if named == nil {
		return none, nil
	}
	s := &Shape{Type: named, Methods: map[string]*ast.FuncDecl{}}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && receiver(pass, f) == named.Obj() {
			s.Methods[f.Name.Name] = f
		}
	}
	if !implements(pass, contract, s) {
		return none, nil
	}
	return s, nil
}

// constructor finds func New() *T and returns T.
func constructor(pass *analysis.Pass) *types.Named {
	obj, ok := pass.Pkg.Scope().Lookup("New").(*types.Func)
	if !ok {
		pass.Reportf(pass.Files[0].Name.Pos(), "no func New: declare func New() *T, where T is the exported struct type with the methods of mechanisms.Mechanism; it returns a mechanism with no history")
		return nil
	}
	sig := obj.Signature()
	const want = "declare it as func New() *T, where T is the exported struct type of this file with the methods of mechanisms.Mechanism"
	if sig.Params().Len() != 0 || sig.Results().Len() != 1 || sig.TypeParams() != nil {
		pass.Reportf(obj.Pos(), "New has the signature %s: %s", text.Type(sig, pass.Pkg), want)
		return nil
	}
	result := sig.Results().At(0).Type()
	pointer, ok := types.Unalias(result).(*types.Pointer)
	if !ok {
		pass.Reportf(obj.Pos(), "New returns %s, which is not a pointer: %s", text.Type(result, pass.Pkg), want)
		return nil
	}
	named, ok := types.Unalias(pointer.Elem()).(*types.Named)
	if !ok || named.Obj().Pkg() != pass.Pkg {
		pass.Reportf(obj.Pos(), "New returns %s, which is not a pointer to a type of this file: %s", text.Type(result, pass.Pkg), want)
		return nil
	}
	if _, ok := named.Underlying().(*types.Struct); !ok || named.TypeParams() != nil || !named.Obj().Exported() {
		pass.Reportf(named.Obj().Pos(), "type %s, which New returns, must be an exported struct type without type parameters: its exported fields are the mechanism's state", named.Obj().Name())
		return nil
	}
	return named
}

// implements reports the methods of the contract that are missing or have another signature.
func implements(pass *analysis.Pass, contract *types.Package, s *Shape) bool {
	name, whole := s.Type.Obj().Name(), true
	methods := []string{"Propose", "Accept", "Observe"}
	if s.Methods["Prune"] != nil {
		methods = append(methods, "Prune")
	}
	for _, m := range methods {
		iface := "Mechanism"
		if m == "Prune" {
			iface = "Pruner"
		}
		wants, _, _ := types.LookupFieldOrMethod(contract.Scope().Lookup(iface).Type(), false, contract, m)
		f := s.Methods[m]
		if f == nil {
			pass.Reportf(s.Type.Obj().Pos(), "type %s has no method %s: add func (m *%s) %s", name, m, name, signatures[m])
			whole = false
			continue
		}
		has := pass.TypesInfo.Defs[f.Name].(*types.Func)
		if !types.Identical(has.Type(), wants.Type()) {
			pass.Reportf(f.Name.Pos(), "method %s has another signature than the contract's: write func (m *%s) %s", m, name, signatures[m])
			whole = false
		}
	}
	if f := s.Methods["Observe"]; f != nil {
		if _, pointer := types.Unalias(pass.TypesInfo.TypeOf(f.Recv.List[0].Type)).(*types.Pointer); !pointer {
			pass.Reportf(f.Name.Pos(), "Observe has a value receiver, so what it learns is lost: write func (m *%s) %s", name, signatures["Observe"])
			whole = false
		}
	}
	return whole
}

// receiver returns the name that a method's receiver type is declared by.
func receiver(pass *analysis.Pass, f *ast.FuncDecl) types.Object {
	t := types.Unalias(pass.TypesInfo.TypeOf(f.Recv.List[0].Type))
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

func imported(pkg *types.Package, path string) *types.Package {
	for _, p := range pkg.Imports() {
		if p.Path() == path {
			return p
		}
	}
	return nil
}
