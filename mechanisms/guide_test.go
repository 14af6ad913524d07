package mechanisms_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The worked example is what authors imitate, so it must be a mechanism that compiles and passes the kit: bandit, which the
// catalog's test examines.
func TestGuidesExampleIsBandit(t *testing.T) {
	source, err := os.ReadFile("bandit/bandit.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(mechanisms.Guide, -1)
	if len(blocks) != 1 || blocks[0][1] != string(source) {
		t.Errorf("README.md has %d Go blocks, want one, equal to bandit/bandit.go: copy the file into it", len(blocks))
	}
}

// What the guide offers must exist, and what exists must be offered: an author knows nothing else.
func TestGuideNamesEveryExportedThing(t *testing.T) {
	for name := range exported(t) {
		switch name {
		case "Mechanism", "Pruner", "Entry", "Stream", "Table", "Source", "Guide", "FiguresBegin", "ErrNoModel", "ConstraintError", "Constraint", "Suggest",
			"Error", "MarshalJSON", "UnmarshalJSON", "Hash", "Parse", "Range", "String", "Own", "Gain", "Inside", "Kind", "Float", "Int":
			continue // the harness's side of the contract, or spelt out in other words
		}
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(mechanisms.Guide) {
			t.Errorf("README.md does not mention %s, which package mechanisms exports", name)
		}
	}
	for _, call := range regexp.MustCompile(`(?m)^  (?:v|s|q|t|p)\.(\w+)\(`).FindAllStringSubmatch(mechanisms.Guide, -1) {
		if !exported(t)[call[1]] {
			t.Errorf("README.md offers %s, which package mechanisms does not have", call[1])
		}
	}
}

// A field that the guide keeps quiet about is guessed at, or its lack is worked around.
func TestGuideNamesEveryField(t *testing.T) {
	for _, x := range []any{
		mechanisms.View{}, mechanisms.Hint{}, mechanisms.Proposal{}, mechanisms.Trial{}, mechanisms.Space{}, mechanisms.Param{},
		mechanisms.Sample{}, mechanisms.Steering{}, mechanisms.Lesson{},
	} {
		typ := reflect.TypeOf(x)
		// A type's fields stand in the lines from its name to the next line that names a type or offers a method.
		block := regexp.MustCompile(`(?m)^` + typ.Name() + ` .*(\n {10}.*)*`).FindString(mechanisms.Guide)
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			if typ.Name() == "Param" && (name == "Unit" || name == "Doc") {
				continue // for prompts and people
			}
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(block) {
				t.Errorf("README.md does not name %s.%s where it tells of %s:\n%s", typ.Name(), name, typ.Name(), block)
			}
		}
	}
}

// exported returns the names of the exported functions, methods, types and constants of this package.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[d.Name.Name] = d.Name.IsExported()
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						names[s.Name.Name] = s.Name.IsExported()
					case *ast.ValueSpec:
						names[s.Names[0].Name] = s.Names[0].IsExported()
					}
				}
			}
		}
	}
	for n, public := range names {
		if !public {
			delete(names, n)
		}
	}
	return names
}

func TestSourceHoldsWhatARunnerIsBuiltFrom(t *testing.T) {
	for _, path := range []string{"mechanism.go", "README.md", "greedy/greedy.go", "mechtest/moment.go", "catalog/catalog.go", "standin/standin.go"} {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := mechanisms.Source.ReadFile(path); err != nil || string(got) != string(want) {
			t.Errorf("Source has %s with %d bytes (%v), want the %d bytes of the file", path, len(got), err, len(want))
		}
	}
}
