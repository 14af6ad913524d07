package main

import (
	"cmp"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

const module = "github.com/seed161a02ea/bilevel"

// layers says what the packages below each folder may import of this module. The first entry that a package's path begins
// with holds; everything may import what lies below the same top folder.
var layers = []struct {
	folder string
	may    []string
}{
	{"templates", nil},
	{"mechanisms", nil},
	{"kernels", nil},
	{"harness", []string{"templates", "mechanisms", "kernels"}},
	{"gen", []string{"templates", "mechanisms", "harness/model", "harness/wire"}},
	{"cmd", []string{"templates", "mechanisms", "kernels", "harness", "gen"}},
}

// The imports are parsed and not asked of the go command: its answer would come from outside what the test cache watches.
func TestImportsRunOneWay(t *testing.T) {
	for pkg, imports := range ourImports(t) {
		at := slices.IndexFunc(layers, func(l struct {
			folder string
			may    []string
		}) bool {
			return within(pkg, l.folder)
		})
		if at < 0 {
			t.Errorf("package %s lies in none of the folders of the layout", pkg)
			continue
		}
		for _, im := range imports {
			ours, found := strings.CutPrefix(im.path, module+"/")
			if !found || within(ours, layers[at].folder) {
				continue
			}
			if !slices.ContainsFunc(layers[at].may, func(folder string) bool { return within(ours, folder) }) {
				t.Errorf("%s imports %s; packages below %s may import of ours: %s", im.file, ours, layers[at].folder, cmp.Or(strings.Join(layers[at].may, ", "), "nothing"))
			}
		}
	}
}

func TestTheTopOfTheRepositoryIsAsLaidOut(t *testing.T) {
	known := []string{"cmd", "gen", "mechanisms", "kernels", "harness", "templates", "go.mod", "go.sum", "README.md", "LICENSE"}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) && !ignored(e.Name()) {
			t.Errorf("%s stands at the top; what may stand there: %s, and dot-files", e.Name(), strings.Join(known, ", "))
		}
	}
}

// ignored are what .gitignore keeps out of the repository.
func ignored(name string) bool {
	return name == "bilevel" || name == "runs" || strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".prof")
}

// The runner holds code that a model wrote, so what is linked beside it is kept small and is read when it changes.
func TestRunnerDependsOnTheStandardLibraryAndThisModuleOnly(t *testing.T) {
	all := ourImports(t)
	seen := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		for _, im := range all[pkg] {
			if ours, found := strings.CutPrefix(im.path, module+"/"); found && !seen[im.path] {
				seen[im.path] = true
				visit(ours)
			}
			if first, _, _ := strings.Cut(im.path, "/"); strings.Contains(first, ".") && !strings.HasPrefix(im.path, module+"/") {
				t.Errorf("%s is linked into the runner and imports %s, which is neither standard library nor ours", im.file, im.path)
			}
			seen[im.path] = true
		}
	}
	visit("cmd/runner")
	got := "# Packages that the runner and ours below it import, on any system. Made by go test ./cmd/bilevel -update.\n" +
		strings.Join(slices.Sorted(maps.Keys(seen)), "\n") + "\n"
	golden(t, filepath.Join("testdata", "runner_imports.golden"), got)
}

type imported struct {
	path string
	file string // that imports it, from the root
}

// ourImports returns what each package of the module imports outside its tests, by path from the root, whatever the
// build tags.
func ourImports(t *testing.T) map[string][]imported {
	t.Helper()
	top := root(t)
	found := map[string][]imported{}
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if base == "testdata" || base == "runs" || name != top && strings.HasPrefix(base, ".") || hasOwnModule(top, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		found[pkg] = append(found[pkg], imported{file: filepath.ToSlash(rel)}) // a package without imports is one too
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", rel, err)
			}
			found[pkg] = append(found[pkg], imported{path: to, file: filepath.ToSlash(rel)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range found {
		found[pkg] = slices.DeleteFunc(found[pkg], func(im imported) bool { return im.path == "" })
	}
	return found
}

// hasOwnModule tells folders that go.mod of this module does not reach, such as the generators of assembly.
func hasOwnModule(top, dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && dir != top
}

func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// root is the folder of the module's go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// golden compares text with a file, or writes the file with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what is now; if that is meant, go test -update and read the difference\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}
