package vet

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// exports has the export data of everything a fixture imports, forbidden packages too.
var exports build.Exports

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "bilevel-vet-")
	if err != nil {
		panic(err)
	}
	code := 1
	if exports, err = export(cache); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	} else {
		code = m.Run()
	}
	os.RemoveAll(cache)
	os.Exit(code)
}

func export(cache string) (build.Exports, error) {
	b, err := build.New(context.Background(), build.Options{Cache: cache, Parts: []build.Part{{Dir: "mechanisms", Files: mechanisms.Source}}})
	if err != nil {
		return build.Exports{}, err
	}
	return b.Exports(context.Background(), append(Imports(), "os", "time", "sync", "reflect", "runtime"))
}

func newChecker(t testing.TB) *Checker {
	t.Helper()
	c := New(func(path string) (io.ReadCloser, error) { return exports.Open(path) })
	if err := c.Load(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Every mechanism of the library that is one file keeping to the allowed imports is a source as a model might write it.
func TestMechanismsByHandPass(t *testing.T) {
	c := newChecker(t)
	files, err := filepath.Glob("../../mechanisms/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(name)
		if others, _ := filepath.Glob(filepath.Join(dir, "*.go")); !strings.Contains(string(src), ") Propose(") || strings.HasSuffix(name, "_test.go") || len(withoutTests(others)) > 1 {
			continue
		}
		p, findings := c.Check(src)
		if len(findings) > 0 && findings[0].Rule == "imports" {
			continue // it builds on another mechanism or on a numerical library
		}
		for _, f := range findings {
			t.Errorf("%s: %s", name, f)
		}
		if len(findings) == 0 && (p.Type == "" || p.Doc == "") {
			t.Errorf("%s: type %q, doc %q; want both", name, p.Type, p.Doc)
		}
		passed++
	}
	if passed < 7 {
		t.Errorf("%d mechanisms by hand were checked, want at least 7", passed)
	}
}

func withoutTests(files []string) []string {
	var out []string
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			out = append(out, f)
		}
	}
	return out
}

func BenchmarkCheck(b *testing.B) {
	src, err := os.ReadFile("../../mechanisms/orthogonal/orthogonal.go")
	if err != nil {
		b.Fatal(err)
	}
	c := newChecker(b)
	for b.Loop() {
		if _, findings := c.Check(src); len(findings) > 0 {
			b.Fatal(findings)
		}
	}
}

// A source made to keep the analyzers busy is refused in bounded time, not followed for ever.
func TestInvolvedSourceIsRefusedInTime(t *testing.T) {
	var b strings.Builder
	b.WriteString("package busy\n\nimport (\n\t\"context\"\n\n\t\"github.com/seed161a02ea/bilevel/mechanisms\"\n)\n\ntype M struct{ N int }\n\nfunc New() *M { return &M{} }\n")
	b.WriteString("\nfunc (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) { return v.Ask(ctx, mechanisms.Hint{}) }\n")
	b.WriteString("\nfunc (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }\n\nfunc (m *M) Observe(t mechanisms.Trial) {}\n")
	const n = 350
	for i := range n {
		fmt.Fprintf(&b, "\nfunc h%d(xs [][]float64, f func(int) int) []float64 {\n\tg := func(i int) int { return f(i) + len(xs) }\n\txs[0] = h%d(xs, g)\n\treturn xs[0]\n}\n", i, i+1)
	}
	fmt.Fprintf(&b, "\nfunc h%d(xs [][]float64, f func(int) int) []float64 { return xs[f(1)] }\n", n)
	// As long as a source may be, and as entangled: whatever is said of it, it is said.
	if _, findings := newChecker(t).Check([]byte(b.String())); len(findings) == 0 || findings[0].Gate != "vet" {
		t.Errorf("findings %v, want some of vet", findings)
	}
}

func TestTextThatNobodyCouldReadIsRefusedBeforeItIsParsed(t *testing.T) {
	c := newChecker(t)
	for what, src := range map[string]string{
		"10485760 bytes":    "package a\n//" + strings.Repeat("x", 10<<20-12),
		"not UTF-8":         "package a\n\xff\xfe",
		"U+FEFF":            "\ufeffpackage a\n",
		"U+2066":            "package a\n// \u2066hidden\n",
		"U+0000":            "package a\n\x00",
		"U+2028":            "package a\n// x\u2028func init() {}\n",
		"the source is emp": " \n\t\n",
	} {
		_, findings := c.Check([]byte(src))
		if len(findings) != 1 || findings[0].Gate != "parse" || !strings.Contains(findings[0].Message, what) {
			t.Errorf("findings %v, want one of parse with %q", findings, what)
		}
	}
}

// A repair is dear: one that only takes an import out, to be told of the next thing, is wasted.
func TestWhatIsNotUsedHidesNothing(t *testing.T) {
	p, findings := newChecker(t).Check(frame("\t\"sort\"\n", "\ts.Seen++\n\tunused := 1\n", ""))
	var got []string
	for _, f := range findings {
		got = append(got, f.Gate+" "+f.Message)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"typecheck \"sort\" imported and not used", "typecheck declared and not used: unused", "vet Propose changes the mechanism's state"} {
		if !strings.Contains(all, want) {
			t.Errorf("findings\n%s\nwant %q among them", all, want)
		}
	}
	if len(findings) == 0 || findings[0].Gate != "typecheck" || p.Type != "" {
		t.Errorf("findings %v and type %q, want what stopped it first, and no type of a source that does not compile", findings, p.Type)
	}
	// Types that are not whole would make the analyzers err.
	if _, findings := newChecker(t).Check(frame("\t\"sort\"\n", "\ts.Seen++\n\ts.Missing()\n", "")); strings.Contains(fmt.Sprint(findings), "Observe may") {
		t.Errorf("findings %v, want those of typecheck alone", findings)
	}
}
