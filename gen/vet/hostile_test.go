package vet

import (
	"fmt"
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// frame is a mechanism that nothing is wrong with, with places for imports, statements and declarations.
func frame(imports, statements, declarations string) []byte {
	return []byte(`// Package sly asks the model.
package sly

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
` + imports + `)

// Sly counts.
type Sly struct{ Seen int }

// New returns a Sly.
func New() *Sly { return &Sly{} }

// Propose asks.
func (s *Sly) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
` + statements + `
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (s *Sly) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe counts.
func (s *Sly) Observe(t mechanisms.Trial) { s.Seen++ }

` + declarations)
}

func TestTheFrameItselfPasses(t *testing.T) {
	if _, findings := newChecker(t).Check(frame("", "", "")); len(findings) > 0 {
		t.Fatal(findings)
	}
}

// Every package of this toolchain's standard library but those of the list is refused by name, and so is whatever is not of
// it, in every form of an import.
func TestEachImportThatIsNotListedIsRefused(t *testing.T) {
	c := newChecker(t)
	refused := []string{"C", "unsafe", "golang.org/x/sys/unix", "example.org/x", "./x", "../x", "main", "cmd/go", "github.com/seed161a02ea/bilevel/harness/loop", "github.com/seed161a02ea/bilevel/mechanisms/greedy"}
	for _, path := range standard(t) {
		if !slices.Contains(Imports(), path) {
			refused = append(refused, path)
		}
	}
	if len(refused) < 150 {
		t.Fatalf("%d packages to refuse, want at least 150: the standard library was not found", len(refused))
	}
	for _, path := range refused {
		for _, name := range []string{"", "x ", "_ ", ". "} {
			p, findings := c.Check(frame("\t"+name+`"`+path+`"`+"\n", "", ""))
			if len(findings) == 0 || findings[0].Gate != "typecheck" && findings[0].Gate != "parse" || !strings.Contains(findings[0].Message, path) && findings[0].Gate == "typecheck" {
				t.Errorf("import %s%q: findings %v (type %q), want it refused by name", name, path, findings, p.Type)
			}
		}
	}
	for _, path := range Imports() {
		for _, name := range []string{"_ ", ". "} {
			if _, findings := c.Check(frame("\t"+name+`"`+path+`"`+"\n", "", "")); len(findings) == 0 {
				t.Errorf("import %s%q passed, want it refused", name, path)
			}
		}
	}
}

// standard lists the packages of the toolchain's standard library.
func standard(t *testing.T) []string {
	t.Helper()
	root := filepath.Join(build.Default.GOROOT, "src")
	var all []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil || !d.IsDir() || rel == "." {
			return err
		}
		if base := d.Name(); base == "testdata" || base == "vendor" || base == "cmd" {
			return fs.SkipDir
		}
		if files, _ := filepath.Glob(filepath.Join(name, "*.go")); len(files) > 0 {
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Skipf("the standard library's sources are not there to be listed: %v", err)
	}
	return all
}

// Each comment that a tool takes for an instruction is refused where it takes it for one.
func TestEachDirectiveIsRefused(t *testing.T) {
	c := newChecker(t)
	for _, d := range []string{
		"//go:linkname now runtime.nanotime", "//go:noinline", "//go:nosplit", "//go:noescape", "//go:norace", "//go:nocheckptr", "//go:noinitorder", "//go:notinheap",
		"//go:systemstack", "//go:nowritebarrier", "//go:yeswritebarrierrec", "//go:registerparams", "//go:uintptrescapes", "//go:uintptrkeepalive", "//go:cgo_unsafe_args",
		"//go:cgo_import_dynamic x y z", "//go:cgo_export_static x", "//go:wasmimport a b", "//go:wasmexport f", "//go:embed *", "//go:generate rm -rf /", "//go:build ignore",
		"//go:debug panicnil=1", "//go:fix inline", "// +build ignore", "//+build ignore", "//line /etc/passwd:1", "//line x.go:1:1", "/*line x.go:1:1*/", "//export New", "//extern printf",
		"// #cgo LDFLAGS: -lc", "//#cgo CFLAGS: -O0", "//lint:ignore SA1000 because", "//nolint:all", "//gcassert:bce", "//sys:read",
	} {
		for where, src := range map[string][]byte{
			"at the top": append([]byte(d+"\n\n"), frame("", "", "")...), "before a declaration": frame("", "", d+"\nfunc x() {}\n"),
			"inside": frame("", d+"\n", ""), "at the end": frame("", "", d+"\n"), "behind a statement": frame("", "\ts.Accept(v, v.Incumbent) "+d, ""),
		} {
			if strings.Contains(d, "build") && where == "behind a statement" {
				continue // gofmt moves it to where it breaks the statement
			}
			_, findings := c.Check(src)
			if !strings.Contains(fmt.Sprint(findings), "an instruction to the toolchain") {
				t.Errorf("%s %s: findings %v, want it refused as an instruction", d, where, findings)
			}
		}
	}
}

// Sources that are small and would keep a formatter, a type checker or a compiler busy for ever, or take all memory, are
// refused before any of them sees it.
func TestWhatWouldTakeForEverIsRefusedAtOnce(t *testing.T) {
	c := newChecker(t)
	chain := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.NewReplacer("NEXT", fmt.Sprint(i+1), "THIS", fmt.Sprint(i)).Replace(line))
		}
		return b.String()
	}
	nested := func(n int, open, inner, end string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	for name, x := range map[string]struct {
		src  []byte
		want string
	}{
		"brackets":           {frame("", "_ = "+nested(2000, "(", "1", ")"), ""), "nested more than"},
		"unbearable ones":    {frame("", "_ = "+nested(110_000, "(", "1", ")"), ""), "exceeded max nesting depth"},
		"signs":              {frame("", "_ = "+strings.Repeat("- ", 5000)+"1", ""), "nested more than"},
		"a long sum":         {frame("", "_ = "+strings.Repeat("1+", 20000)+"1", ""), "nested more than"},
		"blocks":             {frame("", nested(2000, "if s.Seen > 1 {\n", "", "}\n"), ""), "nested more than"},
		"literals":           {frame("", "_ = "+nested(20, "func() func() { return ", "nil", " }"), ""), "function literals are nested"},
		"called literals":    {frame("", "_ = "+nested(20, "func() int { return ", "1", " }()"), ""), "function literals are nested"},
		"a long function":    {frame("", strings.Repeat("if s.Seen > 3 { _ = v }\n", 3000), ""), "longer than anybody follows"},
		"a long source":      {frame("", "", chain(3000, "func fTHIS(x int) int { return x + 1 }\n")), "longer than a mechanism need be"},
		"types":              {frame("", "", chain(40, "type TTHIS struct{ A, B TNEXT }\n")+"type T40 int\n"), "by types within types"},
		"types of nothing":   {frame("", "", chain(40, "type TTHIS struct{ A, B TNEXT }\n")+"type T40 struct{}\n"), "by types within types"},
		"arrays of types":    {frame("", "", chain(40, "type TTHIS struct{ A, B [2]TNEXT }\n")+"type T40 int\n"), "by types within types"},
		"generic types":      {frame("", "var x "+nested(30, "P[", "int", "]")+"\n_ = x", "type P[T any] struct{ A, B T }\n"), "by types within types"},
		"instances":          {frame("", "f0[int]()", chain(25, "type ATHIS[T any] struct{ X *T }\ntype BTHIS[T any] struct{ X *T }\nfunc fTHIS[T any]() { fNEXT[ATHIS[T]](); fNEXT[BTHIS[T]]() }\n")+"func f25[T any]() {}\n"), "more than 1000 instances"},
		"strings":            {frame("", "const c0 = \"0123456789\"\n"+chain(40, "const cNEXT = cTHIS + cTHIS\n")+"_ = len(c40)", ""), "constant strings"},
		"numbers":            {frame("", "const c0 = 1.5e300\n"+chain(40, "const cNEXT = cTHIS * cTHIS\n")+"_ = c40 > 1", ""), "not representable"},
		"a large array":      {frame("", "var x [1 << 40]int\n_ = x", ""), "want at most 1048576"},
		"one inside another": {frame("", "var x [1 << 10][1 << 11]int\n_ = x", ""), "want at most 1048576"},
	} {
		_, findings := c.Check(x.src)
		if !strings.Contains(fmt.Sprint(findings), x.want) {
			t.Errorf("%s: findings %.300v, want one with %q", name, findings, x.want)
		}
	}
}
