package directives

import (
	_ "embed"
	"regexp"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/seed161a02ea/bilevel/gen/vet/text"
)

//go:embed doc.go
var doc string

// Analyzer reports directives, and functions without a body, which only a directive or assembly could give one.
var Analyzer = &analysis.Analyzer{Name: "directives", Doc: text.Of(doc, "directives"), Run: run, RunDespiteErrors: true}

// form matches every comment that the go command, the compiler or the usual tools may read as an instruction: the form
// //tool:verb that Go reserves for them, and the older ones.
var form = regexp.MustCompile(`^(//[a-z0-9]+:[a-z0-9]|//line |/\*line |//export |//extern |//\s*\+build\b|//\s*#cgo\b)`)

func run(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				if form.MatchString(c.Text) {
					line, _, _ := strings.Cut(c.Text, "\n")
					pass.Reportf(c.Pos(), "the comment %q is an instruction to the toolchain, which a mechanism may not give: remove it (an ordinary comment has a space after //)", line)
				}
			}
		}
	}
	return nil, nil
}
