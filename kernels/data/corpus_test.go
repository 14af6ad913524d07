package data

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

// documents is a source held in memory.
type documents []text.Document

func (d documents) Documents(context.Context) iter.Seq2[text.Document, error] {
	return func(yield func(text.Document, error) bool) {
		read := int64(0)
		for _, document := range d {
			read += int64(len(document.Bytes))
			document.Read = read
			if !yield(document, nil) {
				return
			}
		}
	}
}

func (d documents) Size() int64 {
	n := int64(0)
	for _, document := range d {
		n += int64(len(document.Bytes))
	}
	return n
}

func (d documents) Describe() string { return fmt.Sprintf("%d documents", len(d)) }

// sampleText makes n documents of words, of any length up to 2000 bytes, some of which occur twice.
func sampleText(n int, seed uint64) documents {
	words := []string{"func ", "return ", "err", " != ", "nil", " {\n", "\t", "}\n", "für ", "ключ ", "0x1f", "\x80\xff", "// ", "for i := range 10 "}
	r := rand.New(rand.NewPCG(seed, 1))
	var d documents
	for i := range n {
		if i%17 == 16 {
			d = append(d, text.Document{Name: fmt.Sprint(i), Bytes: d[r.IntN(i)].Bytes})
			continue
		}
		var b []byte
		for limit := r.IntN(2000); len(b) < limit; {
			b = append(b, words[r.IntN(len(words))]...)
		}
		d = append(d, text.Document{Name: fmt.Sprint(i), Bytes: b})
	}
	return d
}

func load(t testing.TB, dir string, spec Spec) *Corpus {
	t.Helper()
	c, err := Load(context.Background(), dir, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// sides returns the text of every document of a corpus, training and validation.
func sides(c *Corpus) (train, validation []string) {
	read := func(s *side) (texts []string) {
		begin := int64(0)
		for _, end := range s.ends {
			ids := make([]int32, end-begin)
			s.read(ids, begin)
			texts = append(texts, string(c.tokenizer.Decode(nil, ids)))
			begin = end
		}
		return texts
	}
	return read(c.train), read(c.validate)
}

func TestShardsHoldEveryDocumentOnOneSide(t *testing.T) {
	source := sampleText(500, 1)
	c := load(t, t.TempDir(), Spec{Source: source, ShardTokens: 5000, Vocabulary: 300})
	if n := len(c.manifest.Train.Shards); n < 10 {
		t.Fatalf("%d training shards, want many, to test documents across them", n)
	}
	train, validation := sides(c)
	var want []string
	for _, d := range source {
		if len(d.Bytes) > 0 {
			want = append(want, string(d.Bytes))
		}
	}
	got := slices.Concat(train, validation)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d documents in the shards, want the %d of the source", len(got), len(want))
	}
	for _, v := range validation {
		if slices.Contains(train, v) {
			t.Errorf("a document is on both sides: %.40q", v)
		}
	}
	if len(validation) < 500/32 || len(validation) > 500/8 {
		t.Errorf("%d of 500 documents validate, want about one in %d", len(validation), DefaultValidationEvery)
	}
}

func TestSplitStaysWhenFilesAreAdded(t *testing.T) {
	few, more := sampleText(300, 1), slices.Concat(sampleText(200, 2), sampleText(300, 1))
	trainFew, validationFew := sides(load(t, t.TempDir(), Spec{Source: few}))
	trainMore, validationMore := sides(load(t, t.TempDir(), Spec{Source: more}))
	for _, d := range trainFew {
		if !slices.Contains(trainMore, d) {
			t.Errorf("training document moved: %.40q", d)
		}
	}
	for _, d := range validationFew {
		if !slices.Contains(validationMore, d) {
			t.Errorf("validation document moved: %.40q", d)
		}
	}
}

func TestBuildIsTheSameOnAnyNumberOfCores(t *testing.T) {
	source := sampleText(400, 3)
	var first map[string][]byte
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		dir := filepath.Join(t.TempDir(), "corpus")
		c, err := Build(context.Background(), dir, Spec{Source: source, ShardTokens: 50_000, Vocabulary: 400})
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		files := readFolder(t, dir)
		if first == nil {
			first = files
		}
		if len(files) != len(first) {
			t.Errorf("%d files on %d cores, want %d", len(files), cores, len(first))
		}
		for name, content := range files {
			if !bytes.Equal(content, first[name]) {
				t.Errorf("%s differs on %d cores", name, cores)
			}
		}
	}
}

func readFolder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = content
	}
	return files
}
