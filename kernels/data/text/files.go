package text

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FileOptions say how files become documents.
type FileOptions struct {
	// Field is the name of the field of .jsonl lines, and of the column of Parquet files, that holds the text. A column inside
	// others is named with dots. Empty means "text".
	Field string

	// Cut, if above 0, divides plain files into documents of at most so many bytes, at line ends where there are any. 0 makes
	// every plain file one document, except that a plain file given alone is cut at AloneCut: it could not be split otherwise.
	Cut int
}

const (
	// AloneCut is the Cut of a plain file given alone: some hundred documents in a megabyte, each of more text than a small
	// model sees at once.
	AloneCut = 8 << 10

	// longestDocument bounds memory, in bytes. Nothing that people write as one text comes near it.
	longestDocument = 64 << 20

	// looksBinary is how far into a file a zero byte is looked for, as git does.
	looksBinary = 8000
)

// FileSource is documents from files: .jsonl (one per line), .parquet (one per row) and plain text of any other name, each
// but Parquet also compressed as .gz or .zst.
type FileSource struct {
	files   []file
	size    int64
	skipped int // binary files found in folders
	options FileOptions
}

type file struct {
	path string
	size int64 // on disk
}

// Files finds the files at or below paths. In folders it passes over hidden files and folders, links, and files with a zero
// byte near their start. Files are taken in the order of their paths, each once.
func Files(paths []string, o FileOptions) (*FileSource, error) {
	if o.Field == "" {
		o.Field = "text"
	}
	if o.Cut < 0 || o.Cut > longestDocument {
		return nil, fmt.Errorf("text: documents cut at %d bytes, want 0 to %d", o.Cut, longestDocument)
	}
	s := &FileSource{options: o}
	for _, path := range paths {
		if err := s.find(path); err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
	}
	slices.SortFunc(s.files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	s.files = slices.CompactFunc(s.files, func(a, b file) bool { return a.path == b.path })
	if len(s.files) == 0 {
		return nil, fmt.Errorf("text: no text file in %s (%d binary files passed over); give files or folders with text", strings.Join(paths, ", "), s.skipped)
	}
	for _, f := range s.files {
		s.size += f.size
	}
	if len(s.files) == 1 && o.Cut == 0 && formatOf(s.files[0].path) == plain {
		s.options.Cut = AloneCut
	}
	return s, nil
}

func (s *FileSource) find(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file; give a file or folder", path)
		}
		if binary, err := isBinary(path); err != nil || binary {
			return errors.Join(err, fmt.Errorf("%s has a zero byte near its start and so is no text; give text, .jsonl or .parquet", path))
		}
		s.files = append(s.files, file{filepath.Clean(path), info.Size()})
		return nil
	}
	return filepath.WalkDir(path, func(below string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if below != path && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		binary, err := isBinary(below)
		if err != nil {
			return err
		}
		if binary {
			s.skipped++
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		s.files = append(s.files, file{filepath.Clean(below), info.Size()})
		return nil
	})
}

// errStopped ends reading when the receiver of documents wants no more.
var errStopped = errors.New("stopped")

// Documents reads the files one after another. Memory is bounded by the longest document.
func (s *FileSource) Documents(ctx context.Context) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		before := int64(0)
		for _, f := range s.files {
			err := s.read(f, func(d Document) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				d.Read += before
				if len(d.Bytes) > 0 && !yield(d, nil) {
					return errStopped
				}
				return nil
			})
			if errors.Is(err, errStopped) {
				return
			}
			if err != nil {
				yield(Document{}, fmt.Errorf("text: %w", err))
				return
			}
			before += f.size
		}
	}
}

// Size is the bytes of all files on disk.
func (s *FileSource) Size() int64 { return s.size }

// Describe counts the files and names the first and the rule.
func (s *FileSource) Describe() string {
	rule := "each plain file a document"
	if s.options.Cut > 0 {
		rule = fmt.Sprintf("plain files cut at line ends into documents of up to %d bytes", s.options.Cut)
	}
	return fmt.Sprintf("%d files from %s on, %s, field %s, %d binary files passed over", len(s.files), s.files[0].path, rule, s.options.Field, s.skipped)
}
