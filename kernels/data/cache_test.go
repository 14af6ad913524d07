package data

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

func TestLoadFindsTheCorpusAgain(t *testing.T) {
	cache, source := t.TempDir(), sampleText(100, 1)
	first := load(t, cache, Spec{Source: source})
	before, err := os.Stat(filepath.Join(first.Dir(), manifestFile))
	if err != nil {
		t.Fatal(err)
	}
	second := load(t, cache, Spec{Source: source})
	after, err := os.Stat(filepath.Join(second.Dir(), manifestFile))
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("the second Load wrote the corpus again")
	}
	changed := sampleText(100, 1)
	changed[5].Bytes = append([]byte("x"), changed[5].Bytes...)
	if third := load(t, cache, Spec{Source: changed}); third.Dir() == first.Dir() || third.Manifest().Hash == first.Manifest().Hash {
		t.Error("changed text gave the same corpus")
	}
}

// damage flips a bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 4
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsRefusedByOpenAndMendedByLoad(t *testing.T) {
	spec := Spec{Source: sampleText(100, 1), Vocabulary: 300}
	for _, harm := range []struct {
		name string
		do   func(t *testing.T, dir string)
		want string
	}{
		{"bit flipped in a shard", func(t *testing.T, dir string) { damage(t, filepath.Join(dir, "train-00000.tokens")) }, "SHA-256"},
		{"shard cut short", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "train-00000.tokens"), 1000); err != nil {
				t.Fatal(err)
			}
		}, "1000 bytes, want"},
		{"shard missing", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "validation-00000.tokens")); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
		{"tokenizer damaged", func(t *testing.T, dir string) { damage(t, filepath.Join(dir, tokenizerFile)) }, "train it again"},
		{"tokenizer of another corpus", func(t *testing.T, dir string) {
			other := load(t, t.TempDir(), Spec{Source: sampleText(100, 2), Vocabulary: 300})
			content := readFolder(t, other.Dir())[tokenizerFile]
			if err := os.WriteFile(filepath.Join(dir, tokenizerFile), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "the manifest says"},
		{"manifest missing", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, manifestFile)); err != nil {
				t.Fatal(err)
			}
		}, "no corpus"},
		{"manifest damaged", func(t *testing.T, dir string) { damage(t, filepath.Join(dir, manifestFile)) }, "prepare the corpus again"},
		{"manifest empty", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, manifestFile), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "prepare the corpus again"},
	} {
		t.Run(harm.name, func(t *testing.T) {
			cache := t.TempDir()
			c, err := Load(context.Background(), cache, spec)
			if err != nil {
				t.Fatal(err)
			}
			want := c.Manifest()
			c.Close()
			harm.do(t, c.Dir())
			if _, err := Open(c.Dir()); err == nil || !strings.Contains(err.Error(), harm.want) {
				t.Errorf("Open gave %v, want an error with %q", err, harm.want)
			}
			if got := load(t, cache, spec).Manifest(); got.Hash != want.Hash {
				t.Errorf("mended corpus has hash %s, want %s", got.Hash, want.Hash)
			}
		})
	}
}

func TestShardOfAnotherCorpusIsRefused(t *testing.T) {
	a := load(t, t.TempDir(), Spec{Source: sampleText(100, 1)})
	b := load(t, t.TempDir(), Spec{Source: sampleText(100, 2)})
	name := "train-00000.tokens"
	foreign, err := os.ReadFile(filepath.Join(b.Dir(), name))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(a.Dir(), name)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.Dir(), name), foreign, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(a.Dir()); err == nil {
		t.Error("Open took a shard of another corpus")
	}
}

func TestLoadKeepsForeignFiles(t *testing.T) {
	cache, spec := t.TempDir(), Spec{Source: sampleText(100, 1)}
	dir := load(t, cache, spec).Dir()
	mine := filepath.Join(dir, "thesis.tex")
	if err := os.WriteFile(mine, []byte("years of work"), 0o644); err != nil {
		t.Fatal(err)
	}
	damage(t, filepath.Join(dir, manifestFile))
	if _, err := Load(context.Background(), cache, spec); err == nil || !strings.Contains(err.Error(), "thesis.tex") {
		t.Errorf("Load gave %v, want an error that names thesis.tex", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func TestTooLittleTextSaysWhatIsWanted(t *testing.T) {
	if _, err := Load(context.Background(), t.TempDir(), Spec{Source: documents{}}); err == nil || !strings.Contains(err.Error(), "no text") {
		t.Errorf("no documents: %v", err)
	}
	c := load(t, t.TempDir(), Spec{Source: documents{{Name: "a", Bytes: []byte("only this")}}})
	for _, o := range []StreamOptions{{T: 128}, {T: 4}, {T: 4, ValidationTokens: 400}, {T: 0}, {T: 4, ValidationTokens: 6}} {
		if _, err := c.Stream(o); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%+v: got %v, want an error that says what is wanted", o, err)
		}
	}
}

func TestTextThatChangesUnderneathIsNoticed(t *testing.T) {
	if _, err := Load(context.Background(), t.TempDir(), Spec{Source: &restless{}}); err == nil || !strings.Contains(err.Error(), "changed while") {
		t.Errorf("got %v, want an error", err)
	}
}

// restless yields other text every time.
type restless struct {
	documents
	times int
}

func (r *restless) Documents(ctx context.Context) iter.Seq2[text.Document, error] {
	r.times++
	return sampleText(10, uint64(r.times)).Documents(ctx)
}
