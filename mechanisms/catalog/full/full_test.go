package full

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
)

func TestEveryMechanismKeepsTheContract(t *testing.T) {
	for _, e := range Beyond {
		t.Run(e.Name, func(t *testing.T) { mechtest.Run(t, e) })
	}
}

// others are the folders of this module's mechanisms that hold none.
var others = []string{"bench", "catalog", "generated", "mechtest", "standin", "surfaces"}

func TestListsEveryMechanismPackage(t *testing.T) {
	files, err := filepath.Glob("../../*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no packages found: ", err)
	}
	var names, listed []string
	for _, f := range files {
		name := filepath.Base(filepath.Dir(f))
		if !slices.Contains(names, name) && !slices.Contains(others, name) {
			names = append(names, name)
		}
	}
	for _, e := range All() {
		listed = append(listed, e.Name)
		if e.Doc == "" || strings.HasSuffix(e.Doc, ".") {
			t.Errorf("%s: Doc is %q, want one sentence without a period", e.Name, e.Doc)
		}
	}
	if !slices.Equal(names, listed) {
		t.Errorf("folders are %v, listed are %v; want the same", names, listed)
	}
}
