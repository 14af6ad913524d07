package build

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommittedPTXIsOfTheseSources compiles every kernel again and compares the bytes, where the compiler is the one that made them.
func TestCommittedPTXIsOfTheseSources(t *testing.T) {
	made, err := os.ReadFile("../ptx/compiler")
	if err != nil {
		t.Fatal(err)
	}
	version, err := Version()
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if version != strings.TrimSpace(string(made)) {
		t.Skipf("%s is %s here, and the PTX was made by %s", Clang, version, made)
	}
	names, err := Sources("..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../ptx/*.ptx")
	if err != nil || len(files) != len(names) {
		t.Errorf("ptx holds %d files (error: %v), want %d, one for each source: run go generate ./kernels/cuda", len(files), err, len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := PTX("..", name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("..", "ptx", name+".ptx"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s.cu compiles to other PTX than what is committed: run go generate ./kernels/cuda", name)
			}
		})
	}
}

// TestCommittedPTXIsOfTheseSourcesByHash needs no compiler.
func TestCommittedPTXIsOfTheseSourcesByHash(t *testing.T) {
	want, err := Hash("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../ptx/hash")
	if err != nil || string(got) != want+"\n" {
		t.Errorf("the PTX is of sources with hash %q (error: %v), want %s: run go generate ./kernels/cuda", got, err, want)
	}
}
