package catalog

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
)

func TestEveryMechanismKeepsTheContract(t *testing.T) {
	for _, e := range All {
		t.Run(e.Name, func(t *testing.T) { mechtest.Run(t, e) })
	}
}

func TestIsSortedByName(t *testing.T) {
	if !slices.IsSortedFunc(All, func(a, b mechanisms.Entry) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("All is not in the order of names")
	}
}

// A runner is compiled where there may be no module but this one.
func TestImportsTheStandardLibraryAndThisModuleOnly(t *testing.T) {
	const module = "github.com/seed161a02ea/bilevel/"
	dirs, seen := []string{"../catalog", "../mechtest"}, map[string]bool{}
	for len(dirs) > 0 {
		dir := dirs[0]
		if dirs = dirs[1:]; seen[dir] {
			continue
		}
		seen[dir] = true
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no Go files (%v)", dir, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range parsed.Imports {
				path := strings.Trim(i.Path.Value, `"`)
				switch {
				case strings.HasPrefix(path, module+"mechanisms"):
					dirs = append(dirs, ".."+strings.TrimPrefix(path, module+"mechanisms"))
				case strings.Contains(strings.Split(path, "/")[0], "."):
					t.Errorf("%s imports %s, want the standard library or package mechanisms: list the mechanism in package full", f, path)
				}
			}
		}
	}
	if len(seen) < len(All) {
		t.Errorf("looked at %d packages for %d mechanisms", len(seen), len(All))
	}
}

func TestFindNamesWhatThereIs(t *testing.T) {
	if e, err := Find("foldover"); err != nil || e.Name != "foldover" {
		t.Errorf("Find(foldover) = %v, %v", e.Name, err)
	}
	if _, err := Find("nope"); err == nil || !strings.Contains(err.Error(), "greedy") {
		t.Errorf("Find(nope) = %v, want an error that lists the names", err)
	}
}

// Of the catalog only greedy and placebo may be the same search, and they must be.
func TestFingerprintsTellSearchesApart(t *testing.T) {
	names := map[string]string{}
	for _, e := range All {
		f := mechtest.Fingerprint(e)
		if other := names[f]; other != "" && (e.Name != "placebo" || other != "greedy") {
			t.Errorf("%s and %s decide alike", other, e.Name)
		} else if e.Name == "placebo" && other == "" {
			t.Error("placebo does not decide as greedy")
		}
		names[f] = e.Name
	}
}
