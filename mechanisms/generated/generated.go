// Package generated examines and measures the mechanisms that a language model wrote and people took up. Each has a folder
// below this one, made by bilevel mechanism propose:
//
//	mechanism.go                      the source as it was written
//	zz_entry.go, zz_entry_test.go     its entry, and what lets go test find it; written anew rather than edited
//	provenance.json                   where it comes from: hashes, parent, model, run, gates, figures
//	spec.txt, dialogue.json           what its author set out to write, and what was said
//	view.json                         the search as it stood when it was written
//	parent.go.txt                     the mechanism it was written to replace, where that was generated too
//	review.md                         the review it was proposed with
//
// There is no list of them: every folder tests itself, so that two proposals never touch the same file, and no program but
// a runner has such a source linked into it. Only tests import this package.
package generated

import (
	"crypto/sha256"
	"fmt"
	"os"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// searches per mechanism and family: enough to tell a tenth of the default's regret, and every mechanism on every family in
// under a minute.
const searches = 25

// Test holds a kept mechanism to the contract, and its source to the hash it was kept under. It runs in the mechanism's folder.
func Test(t *testing.T, e mechanisms.Entry) {
	t.Helper()
	source, err := os.ReadFile("mechanism.go")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(source)); got != e.Hash {
		t.Errorf("mechanism %s: mechanism.go has the hash %s, want %s: it is not the source that was kept; propose what it has become under a name of its own", e.Name, got, e.Hash)
	}
	mechtest.Run(t, e)
}

// Benchmark measures a mechanism on every family, kept ones and those by hand alike, against a proposer with bad habits.
func Benchmark(b *testing.B, e mechanisms.Entry) {
	for _, f := range surfaces.Families {
		var measured *surfaces.Figures
		b.Run(e.Name+"/"+f.Name, func(b *testing.B) {
			if measured == nil { // the function is called again with larger b.N
				seeds, err := surfaces.Seeds(searches, e)
				if err != nil {
					b.Fatal(err)
				}
				g, err := surfaces.Measure(e, f, standin.Rut, seeds)
				if err != nil {
					b.Fatal(err)
				}
				measured = &g
			}
			measured.Report(b)
		})
	}
}
