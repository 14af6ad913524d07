package imports

import (
	_ "embed"
	"go/ast"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports imports that are not in Allowed.
var Analyzer = &analysis.Analyzer{Name: "imports", Doc: text.Of(doc, "imports"), Run: run, RunDespiteErrors: true}

// Allowed lists what a mechanism may import, sorted. Left out though they compute: container/* and regexp (nobody needed
// them), encoding/json (the loop stores the state), math/big and math/cmplx (unbounded or unused), iter (Pull starts
// coroutines), unicode (no text to speak of).
var Allowed = []string{
	"cmp", "context", "errors", "fmt", shape.Contract, "maps", "math", "math/bits", "math/rand/v2", "slices", "sort", "strconv", "strings",
}

// instead says what to do without a package that authors reach for.
var instead = map[string]string{
	"math/rand":      "draw from v.Rand, which is a *rand.Rand of math/rand/v2",
	"crypto/rand":    "draw from v.Rand",
	"time":           "there is no clock; count trials by v.Seq or len(v.Trials)",
	"os":             "there are no files, environment or processes; keep state in exported fields",
	"io":             "there is nothing to read or write; keep state in exported fields",
	"log":            "there is nowhere to write; put the reason into Proposal.Why",
	"sync":           "the loop calls a mechanism from one goroutine; no lock is needed",
	"sync/atomic":    "the loop calls a mechanism from one goroutine; use plain variables",
	"encoding/json":  "the loop stores the exported fields as JSON by itself",
	"encoding/gob":   "the loop stores the exported fields as JSON by itself",
	"reflect":        "write out the types; the contract has few",
	"unsafe":         "memory is reached through the language only",
	"C":              "no C code; write it in Go",
	"net/http":       "there is no network; v.Suggest asks the language model",
	"runtime":        "the runtime is none of a mechanism's business",
	"container/heap": "sort a slice with slices.SortFunc; there are few trials",
	"container/list": "use a slice",
}

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		for _, spec := range f.Imports {
			if words := Refuse(spec); words != "" {
				pass.Reportf(spec.Pos(), "%s", words)
			}
		}
	}
	return nil, nil
}

// Refuse says why an import is not allowed; "" if it is.
func Refuse(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return "import " + spec.Path.Value + " is no import path"
	}
	if !slices.Contains(Allowed, path) {
		words := "import " + strconv.Quote(path) + " is not allowed: "
		if hint := instead[path]; hint != "" {
			words += hint + "; "
		}
		return words + "a mechanism may import " + strings.Join(Allowed, ", ")
	}
	if spec.Name != nil && (spec.Name.Name == "." || spec.Name.Name == "_") {
		return "import " + spec.Name.Name + " " + strconv.Quote(path) + " is not allowed: import the package by its name and use it as a qualifier"
	}
	return ""
}
