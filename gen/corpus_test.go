package gen

import (
	"path/filepath"
	"strings"
	"testing"
)

// Mechanisms that nothing is wrong with, in many styles, pass every gate: each file of testdata/good, and those that a
// language model wrote. All decide otherwise than greedy, and than those by hand.
func TestGoodSourcesPassEveryGate(t *testing.T) {
	p := newPipeline(t, nil)
	good := map[string]string{}
	for _, name := range sources(t, "good") {
		good[filepath.Base(name)] = read(t, name)
	}
	for _, rec := range recordings {
		for _, name := range rec.sources {
			good[name+".go"] = rec.source(t, name)
		}
	}
	if len(good) < 32 {
		t.Errorf("%d good sources, want at least 32", len(good))
	}
	for name, source := range good {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if gate, found := through(t, p, source); gate != "" {
				t.Errorf("refused at %s: %s", gate, found)
			}
		})
	}
}

// Each file of testdata/bad is called GATE-NAME.txt after the gate that must stop it. Its first line says, after
// "// finds: ", words that the finding must hold; a source that is not Go has no such line.
func TestBadSourcesAreStoppedAtTheirGate(t *testing.T) {
	p := newPipeline(t, nil)
	files := sources(t, "bad")
	if len(files) < 100 {
		t.Errorf("%d bad sources, want at least 100", len(files))
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			src := read(t, name)
			want, _, _ := strings.Cut(filepath.Base(name), "-")
			gate, found := through(t, p, src)
			if gate != want {
				t.Errorf("stopped at %q (%s), want %q", gate, found, want)
			}
			first, _, _ := strings.Cut(src, "\n")
			if about, ok := strings.CutPrefix(first, "// finds: "); ok && !strings.Contains(found, about) {
				t.Errorf("found %s, want it to say %q", found, about)
			}
		})
	}
}
