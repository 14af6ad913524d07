package vet

import (
	"context"
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
