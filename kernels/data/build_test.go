package data

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

func TestBuildFromFilesOfAllKinds(t *testing.T) {
	dir := t.TempDir()
	var lines strings.Builder
	for i := range 400 {
		fmt.Fprintf(&lines, "{\"text\": \"story %d: %s\"}\n", i, strings.Repeat("once upon a time ", 1+i%20))
	}
	book := strings.Repeat("It was the best of times, it was the worst of times.\n", 2000)
	for name, content := range map[string]string{"lines.jsonl": lines.String(), "book.txt": book} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	source, err := text.Files([]string{dir}, text.FileOptions{Cut: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "new", "corpus")
	c, err := Build(context.Background(), out, Spec{Source: source, Vocabulary: 512})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := c.Manifest()
	if got, want := m.Train.Documents+m.Validation.Documents, int64(400+len(book)/(1000-1000%53)); got < want || got > want+2 {
		t.Errorf("%d documents, want about %d", got, want)
	}
	s, err := c.Stream(StreamOptions{T: 16, ValidationTokens: 320})
	if err != nil {
		t.Fatal(err)
	}
	row := make([]int32, 17)
	s.ValidationSequence(19, row)
	bytes := 0
	for _, id := range row[1:] {
		bytes += s.TokenBytes()[id]
	}
	if words := c.Tokenizer().Decode(nil, row); len(words) != bytes || bytes == 0 {
		t.Errorf("a sequence of %d bytes %q has targets of %d bytes", len(words), words, bytes)
	}
}

func TestBuildTouchesNoFolderInUse(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(context.Background(), dir, Spec{Source: sampleText(50, 1)}); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("got %v, want an error that names mine.txt", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	if c, err := Build(context.Background(), filepath.Join(t.TempDir(), "c"), Spec{Source: sampleText(50, 1)}); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
}

// breaking fails after some documents.
type breaking struct{ documents }

var errBroken = errors.New("disk on fire")

func (b breaking) Documents(ctx context.Context) iter.Seq2[text.Document, error] {
	return func(yield func(text.Document, error) bool) {
		for d := range b.documents.Documents(ctx) {
			if !yield(d, nil) {
				return
			}
		}
		yield(text.Document{}, errBroken)
	}
}

func TestFailureLeavesNothingBehind(t *testing.T) {
	for _, vocabulary := range []int{0, 300} {
		parent := t.TempDir()
		_, err := Build(context.Background(), filepath.Join(parent, "c"), Spec{Source: breaking{sampleText(50, 1)}, Vocabulary: vocabulary})
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v, want %v", err, errBroken)
		}
		if files := readFolder(t, parent); len(files) != 0 {
			t.Errorf("%d files are left behind", len(files))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	parent := t.TempDir()
	_, err := Build(ctx, filepath.Join(parent, "c"), Spec{Source: sampleText(50, 1), Progress: func(Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if files := readFolder(t, parent); len(files) != 0 {
		t.Errorf("%d files are left behind", len(files))
	}
}
