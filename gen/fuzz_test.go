package gen

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/model"
)

// Whatever a model replies, the way through extraction, parsing, vetting, guards and wrapping ends in findings or in files
// that parse; and nothing passes that names a package outside the list, starts a goroutine or instructs the toolchain.
func FuzzReplyToOverlay(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		for _, name := range sources(f, dir) {
			src := read(f, name)
			f.Add(src)
			f.Add("Here it is.\n\n```go\n" + src + "```\nEnjoy.")
		}
	}
	f.Add("```\n```go\npackage a\n```")
	f.Add("<think>package b</think>package c")
	p := newPipeline(f, nil)
	checker, err := p.check(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, reply string) {
		source, _ := model.Source(reply)
		pkg, findings := checker.Check([]byte(source))
		if len(findings) > 0 {
			for _, found := range findings {
				if found.Message == "" || found.Rule == "" || found.Gate == "" {
					t.Errorf("finding %+v says too little", found)
				}
			}
			return
		}
		m, err := compiled(pkg)
		m.Name = wrap.Name(pkg.Doc, pkg.Hash)
		if err != nil {
			t.Fatal(err)
		}
		files, err := wrap.Overlay(wrap.Pair{Current: m})
		if err != nil {
			t.Fatal(err)
		}
		for path, content := range files {
			if content == nil {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, content, parser.ParseComments)
			if err != nil {
				t.Fatalf("%s does not parse: %v\n%s", path, err, content)
			}
			if !strings.Contains(path, "zz_") {
				innocent(t, file)
			}
		}
	})
}

// innocent looks for what must never pass, in another way than the analyzers do.
func innocent(t *testing.T, file *ast.File) {
	for _, spec := range file.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err != nil || !slices.Contains(vet.Imports(), path) {
			t.Errorf("a source passed that imports %s", spec.Path.Value)
		}
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:") || strings.HasPrefix(c.Text, "//line") || strings.HasPrefix(c.Text, "/*line") {
				t.Errorf("a source passed that holds the directive %s", c.Text)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType, *ast.SendStmt:
			t.Errorf("a source passed that holds a %T", n)
		case *ast.FuncDecl:
			if n.Body == nil || n.Name.Name == "init" {
				t.Errorf("a source passed with func %s", n.Name.Name)
			}
		}
		return true
	})
}
