package text

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

func gzipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t *testing.T, content string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(content), nil))
}

type article struct {
	ID   int64   `parquet:"id"`
	Text *string `parquet:"text,optional"`
	Meta struct {
		Body string `parquet:"body"`
	} `parquet:"meta"`
}

// table is a Parquet file of several row groups and pages in which every seventh row has no text.
func table(t *testing.T, rows int, compression parquet.WriterOption) (content string, texts []string) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[article](&b, compression, parquet.PageBufferSize(2000), parquet.MaxRowsPerRowGroup(int64(rows/3)))
	for i := range rows {
		a := article{ID: int64(i)}
		a.Meta.Body = fmt.Sprintf("body %d", i)
		if i%7 != 6 {
			words := strings.Repeat(fmt.Sprintf("row %d ", i), 1+i%9)
			a.Text = &words
			texts = append(texts, words)
		}
		if _, err := w.Write([]article{a}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), texts
}

func files(t *testing.T, o FileOptions, paths ...string) *FileSource {
	t.Helper()
	s, err := Files(paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryFormatIsRead(t *testing.T) {
	lines := "{\"text\":\"one\\n\", \"id\": 1}\n\n{\"id\": 2, \"text\": \"zw\\u00f6lf\"}\r\n{\"text\": null}\n{\"text\":\"last\"}"
	rows, rowTexts := table(t, 1000, parquet.Compression(&parquet.Zstd))
	dir := writeTree(t, map[string]string{
		"a/plain.txt":      "words\nmore words\n",
		"a/plain.md.gz":    gzipped(t, "# zipped"),
		"a/lines.jsonl":    lines,
		"b/lines.jsonl.gz": gzipped(t, lines),
		"b/lines.JSONL.zst": zstandard(t, lines) +
			zstandard(t, "\n{\"text\":\"second frame\"}"),
		"c/rows.parquet":    rows,
		"c/empty.txt":       "",
		".git/config":       "hidden",
		"c/.hidden":         "hidden",
		"c/picture.png":     "\x89PNG\x00\x00",
		"c/archive.tar.gz":  gzipped(t, "name\x00\x00\x00content"),
		"d/invalid-utf8.go": "\xff\xfe text",
	})
	s := files(t, FileOptions{}, dir)
	var got []string
	last := int64(0)
	for d, err := range s.Documents(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Read < last || d.Read > s.Size() {
			t.Errorf("%s: %d of %d bytes read after %d", d.Name, d.Read, s.Size(), last)
		}
		last = d.Read
		got = append(got, string(d.Bytes))
	}
	want := slices.Concat(
		[]string{"one\n", "zwölf", "last"}, []string{"# zipped", "words\nmore words\n"}, // a: lines.jsonl, plain.md.gz, plain.txt
		[]string{"one\n", "zwölf", "last", "second frame"}, []string{"one\n", "zwölf", "last"}, // b: JSONL.zst, jsonl.gz
		rowTexts, []string{"\xff\xfe text"})
	if !slices.Equal(got, want) {
		t.Errorf("got %d documents, want %d:\n got %.200q\nwant %.200q", len(got), len(want), got, want)
	}
	if last != s.Size() {
		t.Errorf("after the last document %d of %d bytes are read", last, s.Size())
	}
	if !strings.Contains(s.Describe(), "2 binary files") {
		t.Errorf("description %q does not tell of 2 binary files", s.Describe())
	}
}

func TestParquetCompressionsAndNestedColumns(t *testing.T) {
	for name, option := range map[string]parquet.WriterOption{
		"none": parquet.Compression(&parquet.Uncompressed), "snappy": parquet.Compression(&parquet.Snappy), "gzip": parquet.Compression(&parquet.Gzip),
	} {
		rows, texts := table(t, 300, option)
		dir := writeTree(t, map[string]string{"r.parquet": rows})
		contents, names := read(t, files(t, FileOptions{}, dir))
		if len(names) != len(texts) || contents[names[0]] != texts[0] {
			t.Errorf("%s: %d rows with text, want %d", name, len(names), len(texts))
		}
		contents, names = read(t, files(t, FileOptions{Field: "meta.body"}, dir))
		if len(names) != 300 || contents[names[299]] != "body 299" {
			t.Errorf("%s: column meta.body has %d rows, want 300", name, len(names))
		}
	}
}

func TestCutPiecesJoinToTheFile(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "line %d %s\n", i, strings.Repeat("x", i%70))
	}
	b.WriteString(strings.Repeat("no line end ", 3000))
	for _, end := range []string{"", "\n"} {
		dir := writeTree(t, map[string]string{"book.txt": b.String() + end})
		for _, cut := range []int{0, 1, 100, 8192, 1 << 20} {
			s := files(t, FileOptions{Cut: cut}, dir)
			if cut == 0 {
				cut = AloneCut
			}
			var whole strings.Builder
			for d, err := range s.Documents(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				if len(d.Bytes) > cut {
					t.Fatalf("cut at %d: %s has %d bytes", cut, d.Name, len(d.Bytes))
				}
				if cut >= 100 && strings.HasPrefix(string(d.Bytes), "line") && len(d.Bytes) < cut/2-80 && whole.Len()+len(d.Bytes) < b.Len() {
					t.Errorf("cut at %d: %s has only %d bytes", cut, d.Name, len(d.Bytes))
				}
				if cut >= 100 && whole.Len()+len(d.Bytes) < strings.Index(b.String(), "no line") && !bytes.HasSuffix(d.Bytes, []byte("\n")) {
					t.Errorf("cut at %d: %s does not end at a line end", cut, d.Name)
				}
				whole.Write(d.Bytes)
			}
			if whole.String() != b.String()+end {
				t.Errorf("cut at %d: the pieces do not join to the file", cut)
			}
		}
	}
}

func TestReadingCanEndEarly(t *testing.T) {
	rows, _ := table(t, 100, parquet.Compression(&parquet.Zstd))
	dir := writeTree(t, map[string]string{"a.txt": "a", "r.parquet": rows, "z.jsonl": `{"text":"z"}`})
	s := files(t, FileOptions{}, dir)
	for stop := range 3 {
		seen := 0
		for range s.Documents(context.Background()) {
			if seen == stop {
				break
			}
			seen++
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range s.Documents(ctx) {
		if err == nil {
			t.Error("a document came after the context ended")
		}
	}
}

func TestBadFilesSayWhereAndWhat(t *testing.T) {
	rows, _ := table(t, 100, parquet.Compression(&parquet.Zstd))
	for _, bad := range []struct{ name, content, want string }{
		{"broken.jsonl", "{\"text\":\"a\"}\n{\"text\":\n", "line 2"},
		{"array.jsonl", "[1]\n", "want one JSON object"},
		{"other.jsonl", `{"id":1,"body":"x"}`, "there are body, id"},
		{"number.jsonl", `{"text":12}`, "want a string"},
		{"not.gz", "plain words", "not.gz"},
		{"cut.txt.gz", gzipped(t, strings.Repeat("words ", 1000))[:40], "cut.txt.gz"},
		{"not.zst", "plain words", "not.zst"},
		{"not.parquet", "plain words", "not.parquet"},
		{"cut.parquet", rows[:len(rows)/2], "cut.parquet"},
		{"holes.parquet", rows[:100] + strings.Repeat("\x00", 400) + rows[500:], "holes.parquet"},
		{"large.txt.gz", gzipped(t, strings.Repeat("\n", longestDocument+1)), "cut plain files"},
	} {
		dir := writeTree(t, map[string]string{bad.name: bad.content, "good.txt": "good"})
		s := files(t, FileOptions{}, dir)
		var failed error
		for _, err := range s.Documents(context.Background()) {
			failed = err
		}
		if failed == nil || !strings.Contains(failed.Error(), bad.want) {
			t.Errorf("%s: got %v, want an error with %q", bad.name, failed, bad.want)
		}
	}
	dir := writeTree(t, map[string]string{"r.parquet": rows})
	for column, want := range map[string]string{"body": "there are id, text, meta.body", "id": "want a BYTE_ARRAY"} {
		for _, err := range files(t, FileOptions{Field: column}, dir).Documents(context.Background()) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("column %s: got %v, want an error with %q", column, err, want)
			}
		}
	}
}

func TestUselessPathsAreRefused(t *testing.T) {
	dir := writeTree(t, map[string]string{"image.bin": "\x00\x01", "only/binary.bin": "\x00"})
	for _, bad := range []struct {
		path, want string
		options    FileOptions
	}{
		{filepath.Join(dir, "none"), "no such file", FileOptions{}},
		{filepath.Join(dir, "image.bin"), "zero byte", FileOptions{}},
		{filepath.Join(dir, "only"), "1 binary files", FileOptions{}},
		{dir, "want 0 to", FileOptions{Cut: -1}},
	} {
		if _, err := Files([]string{bad.path}, bad.options); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v, want an error with %q", bad.path, err, bad.want)
		}
	}
}

func TestFilesAreTakenOnceInOrder(t *testing.T) {
	dir := writeTree(t, map[string]string{"b.txt": "b", "a/x.txt": "x", "c.txt": "c"})
	link := filepath.Join(dir, "link.txt")
	if err := os.Symlink(filepath.Join(dir, "b.txt"), link); err != nil {
		t.Skip(err)
	}
	_, names := read(t, files(t, FileOptions{}, filepath.Join(dir, "c.txt"), dir, filepath.Join(dir, "a", "..", "b.txt")))
	want := []string{filepath.Join(dir, "a", "x.txt"), filepath.Join(dir, "b.txt"), filepath.Join(dir, "c.txt")}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}
