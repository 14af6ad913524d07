package vet

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
)

// Every analyzer has fixtures in its testdata: whole sources against the real contract, where a comment
//
//	// want `regexp` `regexp`
//
// stands on each line that must be reported, or, as want+2, two lines before. x/tools' analysistest does the same with a
// go list for every fixture; this takes milliseconds and is the driver that is used in earnest.
func TestFixtures(t *testing.T) {
	for _, a := range Suite {
		if ours(a) {
			t.Run(a.Name, func(t *testing.T) { fixtures(t, a) })
		}
	}
}

// ours tells this module's analyzers from those of x/tools.
func ours(a *analysis.Analyzer) bool {
	_, err := os.Stat(a.Name)
	return err == nil
}

func fixtures(t *testing.T, a *analysis.Analyzer) {
	files, err := filepath.Glob(filepath.Join(a.Name, "testdata", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d fixtures in %s/testdata, want at least one", len(files), a.Name)
	}
	bad, good := 0, 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := diagnose(t, newChecker(t), a, name, src)
		want := wants(t, name, src)
		if len(want) > 0 {
			bad++
		}
		if strings.Contains(filepath.Base(name), "good") {
			good++
			if len(want) > 0 {
				t.Errorf("%s: %d lines want a report, want none in a good fixture", name, len(want))
			}
		}
		compare(t, name, got, want)
	}
	if bad == 0 || good == 0 {
		t.Errorf("%d bad and %d good fixtures, want both kinds", bad, good)
	}
}

// diagnose runs one analyzer, and what it requires, over a source.
func diagnose(t *testing.T, c *Checker, a *analysis.Analyzer, name string, src []byte) map[int][]string {
	t.Helper()
	file, err := parser.ParseFile(c.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{}, FileVersions: map[*ast.File]string{},
	}
	sizes := types.SizesFor("gc", runtime.GOARCH)
	pkg, err := (&types.Config{GoVersion: language, Importer: c.importer, Sizes: sizes}).Check("generated/"+file.Name.Name, c.fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{a}, []*packages.Package{{
		ID: pkg.Path(), Name: pkg.Name(), PkgPath: pkg.Path(), Fset: c.fset, Syntax: []*ast.File{file}, Types: pkg, TypesInfo: info, TypesSizes: sizes,
	}}, &checker.Options{Sequential: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[int][]string{}
	for _, root := range graph.Roots {
		if root.Err != nil {
			t.Fatalf("%s: %v", name, root.Err)
		}
		for _, d := range root.Diagnostics {
			line := c.fset.PositionFor(d.Pos, false).Line
			got[line] = append(got[line], d.Message)
		}
	}
	return got
}

var wantComment = regexp.MustCompile("// want(\\+[0-9])?((?: `[^`]*`)+)")

// wants reads the expectations of a fixture by line.
func wants(t *testing.T, name string, src []byte) map[int][]*regexp.Regexp {
	t.Helper()
	want := map[int][]*regexp.Regexp{}
	for i, line := range strings.Split(string(src), "\n") {
		m := wantComment.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		at := i + 1
		if m[1] != "" {
			at += int(m[1][1] - '0')
		}
		for _, quoted := range regexp.MustCompile("`[^`]*`").FindAllString(m[2], -1) {
			text, err := strconv.Unquote(quoted)
			if err != nil {
				t.Fatalf("%s:%d: %v", name, i+1, err)
			}
			want[at] = append(want[at], regexp.MustCompile(text))
		}
	}
	return want
}

func compare(t *testing.T, name string, got map[int][]string, want map[int][]*regexp.Regexp) {
	t.Helper()
	for line, messages := range got {
		for _, message := range messages {
			at := -1
			for i, re := range want[line] {
				if re.MatchString(message) {
					at = i
				}
			}
			if at < 0 {
				t.Errorf("%s:%d: unexpected report: %s", name, line, message)
				continue
			}
			want[line] = append(want[line][:at], want[line][at+1:]...)
		}
	}
	for line, left := range want {
		for _, re := range left {
			t.Errorf("%s:%d: no report matches %q; reports of the line: %s", name, line, re, fmt.Sprint(got[line]))
		}
	}
}
