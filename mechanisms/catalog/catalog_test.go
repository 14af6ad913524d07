package catalog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
)

func TestEveryMechanismKeepsTheContract(t *testing.T) {
	for _, e := range All {
		t.Run(e.Name, func(t *testing.T) { mechtest.Run(t, e) })
	}
}

// others are the folders beside this one that hold no mechanism.
var others = []string{"catalog", "generated", "mechtest", "standin", "surfaces"}

func TestListsEveryMechanismPackage(t *testing.T) {
	dirs, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range dirs {
		name := filepath.Base(filepath.Dir(d))
		if !slices.Contains(names, name) && !slices.Contains(others, name) {
			names = append(names, name)
		}
	}
	var listed []string
	for _, e := range All {
		listed = append(listed, e.Name)
		if e.Doc == "" || strings.HasSuffix(e.Doc, ".") {
			t.Errorf("%s: Doc is %q, want one sentence without a period", e.Name, e.Doc)
		}
	}
	if !slices.Equal(names, listed) {
		t.Errorf("folders beside the catalog are %v, listed are %v; want the same in the same order", names, listed)
	}
	if _, err := os.Stat("../greedy/greedy.go"); err != nil {
		t.Fatal("the test looks in the wrong place: ", err)
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
