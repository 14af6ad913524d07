package text

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// goFileLimit leaves out the few files above 128 KiB: of those that are not generated nearly all are tables of numbers or of
// test cases, and one of them would outweigh twenty ordinary files in a sample.
const goFileLimit = 128 << 10

// GoSource is the text that every machine with Go has: the standard library and the go command, as written by people.
//
// Of the 90 MB of .go files, 42 MB remain after leaving out generated code and tables (a fifth of the bytes, and so
// repetitive that a model's bits per byte would say how much of it the sample holds), testdata (much of it is wrong on
// purpose) and vendored modules (present twice). A sample of these is taken by the hash of each file's path, so it is the
// same wherever the same Go release is installed and needs few files to be read that are not in it.
type GoSource struct {
	root    string
	version string
	limit   int64    // bytes
	paths   []string // slash-separated, below root/src, in sorted order
	size    int64
}

// GoLimit is the default size of the sample in bytes: 6.5 million training tokens with V 2048, made in half a second on two
// cores.
const GoLimit = 16 << 20

// GoStandard samples the Go source below root (see FindGoRoot) up to limit bytes; 0 means GoLimit.
func GoStandard(root string, limit int64) (*GoSource, error) {
	if limit == 0 {
		limit = GoLimit
	}
	version, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		version = []byte("unreleased") // a checkout of Go itself has no VERSION
	}
	first, _, _ := strings.Cut(string(version), "\n")
	s := &GoSource{root: root, version: first, limit: limit}
	candidates, err := s.candidates()
	if err != nil {
		return nil, fmt.Errorf("go source: %w", err)
	}
	if err := s.sample(candidates); err != nil {
		return nil, fmt.Errorf("go source: %w", err)
	}
	return s, nil
}

type goFile struct {
	path string // slash-separated, below root/src
	key  [sha256.Size]byte
}

// candidates lists the files that may be taken, in the order in which they are.
func (s *GoSource) candidates() ([]goFile, error) {
	src := filepath.Join(s.root, "src")
	var files []goFile
	err := filepath.WalkDir(src, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != src && (name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || !entry.Type().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		files = append(files, goFile{rel, sha256.Sum256([]byte(rel))})
		return nil
	})
	slices.SortFunc(files, func(a, b goFile) int { return slices.Compare(a.key[:], b.key[:]) })
	return files, err
}

// sample takes candidates until the limit is reached.
func (s *GoSource) sample(candidates []goFile) error {
	for _, f := range candidates {
		if s.size >= s.limit {
			break
		}
		data, ok, err := readGoFile(s.file(f.path))
		if err != nil {
			return err
		}
		if ok {
			s.paths = append(s.paths, f.path)
			s.size += int64(len(data))
		}
	}
	slices.Sort(s.paths)
	return nil
}

func (s *GoSource) file(path string) string {
	return filepath.Join(s.root, "src", filepath.FromSlash(path))
}

// readGoFile reports false for a file that is too large or generated.
func readGoFile(path string) ([]byte, bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, err
	}
	if info.Size() > goFileLimit {
		return nil, false, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false, err
	}
	return data, !isGenerated(data), nil
}

// isGenerated looks for the line "// Code generated ... DO NOT EDIT." (https://go.dev/s/generatedcode). A regular expression would
// take half a second over the sample, as long as all the rest.
func isGenerated(source []byte) bool {
	mark := []byte("// Code generated ")
	for {
		at := bytes.Index(source, mark)
		if at < 0 {
			return false
		}
		line, rest, _ := bytes.Cut(source[at:], []byte("\n"))
		if (at == 0 || source[at-1] == '\n') && bytes.HasSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(" DO NOT EDIT.")) {
			return true
		}
		source = rest
	}
}

// Documents yields one document per file, in the order of their paths.
func (s *GoSource) Documents(ctx context.Context) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		done := int64(0)
		for _, path := range s.paths {
			if err := ctx.Err(); err != nil {
				yield(Document{}, err)
				return
			}
			data, err := os.ReadFile(s.file(path))
			if err != nil {
				yield(Document{}, fmt.Errorf("go source: %w", err))
				return
			}
			done += int64(len(data))
			if !yield(Document{Name: path, Bytes: data, Read: done}, nil) {
				return
			}
		}
	}
}

// Size is the number of bytes in the sample.
func (s *GoSource) Size() int64 { return s.size }

// Describe names the release and the rule of the sample.
func (s *GoSource) Describe() string {
	return fmt.Sprintf("source of %s: %d files, a sample by path up to %d bytes without generated code, testdata, vendored modules and files above %d bytes",
		s.version, len(s.paths), s.limit, goFileLimit)
}
