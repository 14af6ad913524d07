package guard

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// instrument guards a source that imports nothing.
func instrument(t *testing.T, src string) (guarded, counters string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "m.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: importer.Default()}).Check("m", fset, []*ast.File{f}, info); err != nil {
		t.Fatal(err)
	}
	g, c, err := Instrument(fset, f, info, []byte(src), "main", "T")
	if err != nil {
		t.Fatal(err)
	}
	return string(g), string(c)
}

func TestLinesKeepTheirNumbers(t *testing.T) {
	src := "package main\n\ntype T struct{}\n\nfunc (t *T) Propose(n int) []int {\n\tfor i := range n {\n\t\t_ = i\n\t}\n\tvar s []int\n\treturn append(s, make([]int, n)...)\n}\n\nfunc one() func() { return func() {} }\n"
	want := strings.NewReplacer(
		"[]int {\n", "[]int {zzBegin(); zzEnter(); defer zzLeave();\n", "range n {", "range n {zzTick();",
		"make([]int, n)...", "zzSpread(make([]int, zzSize(n)))...",
		"func() { return func() {} }", "func() {zzEnter(); defer zzLeave(); return func() {zzEnter(); defer zzLeave();} }",
	).Replace(src)
	if got, _ := instrument(t, src); got != want {
		t.Errorf("guarded source is\n%s\nwant\n%s", got, want)
	}
}

// What would never end, or take all memory, ends in a panic that says why.
func TestRunawaysPanic(t *testing.T) {
	const frame = `package main

type T struct{}

func (t *T) Observe(n int) int {
	BODY
	return n
}

func again(n int) int { return again(n + 1) }

func ok(n int) int { return n }

func New() *T {
	t := &T{}
	for range 3 {
		t.again(0)
	}
	return t
}

func (t *T) again(n int) {}
`
	// The loop's side has no counters.
	const caller = `package main

func main() {
	for i := 0; i < 1000; i++ {
		New().Observe(3) // one call's budget is not another's
	}
}
`
	for body, want := range map[string]string{
		"for n >= 0 { n++; n &= 7 }":         "more than 67108864 loop passes",
		"for i := 0; ; i += ok(0) { _ = i }": "more than 67108864 loop passes",
		"n = again(n)":                       "more than 4096 calls within calls",
		"var f func(int) int; f = func(k int) int { return f(k) }; n = f(n)": "more than 4096 calls within calls",
		"n = len(make([]int, n<<40))":                                        "make of 3298534883328 elements, want at most 4194304",
		"s := []int{1}; for range 60 { s = append(s, s...) }":                "append of 8388608 elements",
		"for range 60 { t.Observe(0) }":                                      "more than 4096 calls within calls",
		"for i := range 1000 { n += ok(i) }":                                 "",
	} {
		guarded, counters := instrument(t, strings.Replace(frame, "BODY", body, 1))
		dir := t.TempDir()
		for name, content := range map[string]string{"m.go": guarded, "zz.go": counters, "main.go": caller, "go.mod": "module m\n\ngo 1.26\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("go", "build", "-o", "m", ".")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", body, err, out)
		}
		out, err := exec.Command(filepath.Join(dir, "m")).CombinedOutput()
		if want == "" && err != nil || want != "" && !strings.Contains(string(out), "panic: "+want) {
			t.Errorf("%s: %v, %.300s; want panic: %s", body, err, out, want)
		}
	}
}
