package data

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

func goSpec(b *testing.B, vocabulary int) Spec {
	b.Helper()
	root, err := text.FindGoRoot(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	source, err := text.GoStandard(root, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(source.Size())
	return Spec{Source: source, Vocabulary: vocabulary}
}

// BenchmarkBuild is what the first run on a machine waits for.
func BenchmarkBuild(b *testing.B) {
	for _, c := range []struct {
		name       string
		vocabulary int
	}{{"bytes", 0}, {"V2048", 2048}, {"V8192", 8192}} {
		b.Run(c.name, func(b *testing.B) {
			spec := goSpec(b, c.vocabulary)
			dir := filepath.Join(b.TempDir(), "corpus")
			for b.Loop() {
				corpus, err := Build(context.Background(), dir, spec)
				if err != nil {
					b.Fatal(err)
				}
				corpus.Close()
				os.RemoveAll(dir)
			}
		})
	}
}

// BenchmarkLoadCached is what every later run waits for: finding the source, hashing it, opening the shards and packing them.
func BenchmarkLoadCached(b *testing.B) {
	cache := b.TempDir()
	for b.Loop() {
		corpus, err := Load(context.Background(), cache, goSpec(b, DefaultVocabulary))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := corpus.Stream(StreamOptions{T: 128}); err != nil {
			b.Fatal(err)
		}
		corpus.Close()
	}
}

// BenchmarkOpen is what a trainer waits for that is told the folder.
func BenchmarkOpen(b *testing.B) {
	loaded, err := Load(context.Background(), b.TempDir(), goSpec(b, DefaultVocabulary))
	if err != nil {
		b.Fatal(err)
	}
	defer loaded.Close()
	for b.Loop() {
		corpus, err := Open(loaded.Dir())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := corpus.Stream(StreamOptions{T: 128}); err != nil {
			b.Fatal(err)
		}
		corpus.Close()
	}
}

func BenchmarkTrainSequence(b *testing.B) {
	corpus, err := Load(context.Background(), b.TempDir(), goSpec(b, DefaultVocabulary))
	if err != nil {
		b.Fatal(err)
	}
	defer corpus.Close()
	s, err := corpus.Stream(StreamOptions{T: 128})
	if err != nil {
		b.Fatal(err)
	}
	row := make([]int32, 129)
	b.SetBytes(int64(len(row) * 4))
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		s.TrainSequence(i, row)
		i++
	}
}
