package state

import (
	_ "embed"
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports fields of the mechanism, and of everything they hold, that JSON does not keep exactly.
var Analyzer = &analysis.Analyzer{
	Name: "state", Doc: text.Of(doc, "state"), Run: run,
	Requires: []*analysis.Analyzer{shape.Analyzer},
}

// kept lists the contract's types that JSON keeps exactly. Trial is not among them: it has a JSON form of its own, which
// keeps no infinity and writes an empty curve as none.
var kept = map[string]bool{
	"Proposal": true, "Point": true, "Sample": true, "Hint": true, "Space": true, "Param": true,
	"Constraint": true, "Lesson": true, "Steering": true, "Status": true, "Kind": true,
}

func run(pass *analysis.Pass) (any, error) {
	s := pass.ResultOf[shape.Analyzer].(*shape.Shape)
	if s.Type == nil {
		return nil, nil
	}
	w := walk{pass: pass, seen: map[types.Type]bool{}}
	w.encoding(s.Type, s.Type.Obj().Pos())
	w.fields(s.Type.Underlying().(*types.Struct), s.Type.Obj().Name(), s.Type.Obj().Pos())
	return nil, nil
}

// walk visits the types of a mechanism's state.
type walk struct {
	pass *analysis.Pass
	seen map[types.Type]bool
}

// fields visits a struct; where is how a reader finds it: "Bandit", "Bandit.Arms.Last".
func (w walk) fields(s *types.Struct, where string, pos token.Pos) {
	keys := map[string]string{}
	for i := range s.NumFields() {
		f := s.Field(i)
		at := pos
		if f.Pkg() == w.pass.Pkg {
			at = f.Pos()
		}
		name := where + "." + f.Name()
		switch {
		case f.Embedded():
			w.pass.Reportf(at, "field %s is embedded, and JSON merges its fields with those around it: give it a name", name)
			continue
		case !f.Exported():
			w.pass.Reportf(at, "field %s is not exported, so JSON drops it and it is lost at every restart: begin its name with a capital letter", name)
			continue
		}
		key, words := tag(f.Name(), s.Tag(i))
		if words != "" {
			w.pass.Reportf(at, "field %s has the tag `%s`: %s", name, s.Tag(i), words)
		}
		// encoding/json matches names without regard to case when it reads.
		if other := keys[strings.ToLower(key)]; other != "" {
			w.pass.Reportf(at, "fields %s and %s have the same JSON name but for case, so one is lost: rename one", other, f.Name())
		}
		keys[strings.ToLower(key)] = f.Name()
		w.check(f.Type(), name, at)
	}
}

// tag returns a field's JSON name, and what is wrong with its tag.
func tag(name, tags string) (key, words string) {
	value, ok := reflect.StructTag(tags).Lookup("json")
	if !ok {
		return name, ""
	}
	key, options, _ := strings.Cut(value, ",")
	switch {
	case value == "-":
		return "-", "JSON drops it, and it is lost at every restart; remove the tag"
	case options != "":
		return key, "the option " + options + " changes what comes back (an empty slice or map as nil); keep the name only"
	case key == "":
		return name, ""
	}
	return key, ""
}

// check reports a type that JSON does not keep exactly.
func (w walk) check(t types.Type, where string, at token.Pos) {
	t = types.Unalias(t)
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	if n, ok := t.(*types.Named); ok {
		if n.Obj().Pkg() != w.pass.Pkg {
			if foreign(n, w.pass.Pkg) {
				w.pass.Reportf(at, "field %s holds a %s, which JSON does not keep exactly: %s", where, text.Type(t, w.pass.Pkg), parts)
			}
			return
		}
		w.encoding(n, at)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsComplex != 0 || u.Kind() == types.Uintptr || u.Kind() == types.UnsafePointer {
			w.refuse(t, where, at, "use numbers, strings and booleans")
		}
	case *types.Slice:
		w.check(u.Elem(), where+"[i]", at)
	case *types.Array:
		w.check(u.Elem(), where+"[i]", at)
	case *types.Map:
		if key, ok := u.Key().Underlying().(*types.Basic); !ok || key.Info()&(types.IsInteger|types.IsString) == 0 {
			w.refuse(t, where, at, "a map's key must be a string or a whole number; format the key with fmt.Sprint, or keep a slice of structs")
		}
		if n, ok := types.Unalias(u.Key()).(*types.Named); ok {
			w.encoding(n, at)
		}
		w.check(u.Elem(), where+"[k]", at)
	case *types.Struct:
		w.fields(u, where, at)
	case *types.Pointer:
		remedy := "hold the value itself"
		if foreign(u.Elem(), w.pass.Pkg) {
			remedy = parts // the value itself would be refused next
		}
		w.refuse(t, where, at, "two pointers to one value come back as two values; "+remedy+", with a bool beside it if it may be missing, or an index into a slice")
	case *types.Interface:
		w.refuse(t, where, at, "JSON forgets which type an interface held; use a concrete type")
	case *types.Signature:
		w.refuse(t, where, at, "a function cannot be stored; keep what it decides by, and write it as a method")
	default:
		w.refuse(t, where, at, "use numbers, strings, booleans, slices, maps and structs of these")
	}
}

// parts is what to do about a type of somebody else's.
const parts = "keep the numbers, strings and points it is made of"

// foreign reports whether a type is another package's, and none that JSON keeps exactly.
func foreign(t types.Type, own *types.Package) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != own && (n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != shape.Contract || !kept[n.Obj().Name()])
}

func (w walk) refuse(t types.Type, where string, at token.Pos, remedy string) {
	w.pass.Reportf(at, "field %s is of type %s, which JSON does not keep exactly: %s", where, text.Type(t, w.pass.Pkg), remedy)
}

// encoding reports a type of the source that writes its own JSON.
func (w walk) encoding(n *types.Named, at token.Pos) {
	for _, method := range []string{"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalJSONTo", "UnmarshalJSONFrom", "IsZero"} {
		if obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(n), true, w.pass.Pkg, method); obj != nil {
			if _, isMethod := obj.(*types.Func); isMethod {
				w.pass.Reportf(at, "%s", fmt.Sprintf("type %s has a method %s, which changes how its state is stored: remove it; exported fields are stored by themselves", n.Obj().Name(), method))
			}
		}
	}
}
