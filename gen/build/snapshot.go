package build

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Part is a folder of the module's sources, as embedded in the tool.
type Part struct {
	Dir   string // in the module: "mechanisms"
	Files fs.FS  // rooted at Dir
}

// A Snapshot is the module's sources at the time the tool was built.
type Snapshot struct {
	Hash  string // of all paths and contents, in hex
	Files []File // sorted by path
}

// A File is one source.
type File struct {
	Path    string // in the module; slashes
	Content []byte
}

// goMod requires nothing: whatever a snapshot's runner imports is the standard library's or in the snapshot.
const goMod = "module " + Module + "\n\ngo " + minimum + "\n"

// takeSnapshot gathers the parts, all but tests and their data. Files of other kinds stay: sources embed them.
func takeSnapshot(parts []Part) (Snapshot, error) {
	s := Snapshot{Files: []File{{Path: "go.mod", Content: []byte(goMod)}}}
	for _, part := range parts {
		err := fs.WalkDir(part.Files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if d.Name() == "testdata" {
					return fs.SkipDir
				}
				return nil
			}
			if strings.HasSuffix(name, "_test.go") {
				return nil
			}
			content, err := fs.ReadFile(part.Files, name)
			if err != nil {
				return err
			}
			s.Files = append(s.Files, File{Path: path.Join(part.Dir, name), Content: content})
			return nil
		})
		if err != nil {
			return Snapshot{}, fmt.Errorf("snapshot of %s: %w", part.Dir, err)
		}
	}
	if len(s.Files) == 1 {
		return Snapshot{}, fmt.Errorf("snapshot: %d parts hold no Go file, want the runner's sources", len(parts))
	}
	slices.SortFunc(s.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	var all bytes.Buffer
	for i, f := range s.Files {
		if i > 0 && f.Path == s.Files[i-1].Path {
			return Snapshot{}, fmt.Errorf("snapshot: two parts hold %s, want each file once", f.Path)
		}
		fmt.Fprintf(&all, "%q %s\n", f.Path, sum(f.Content))
	}
	s.Hash = sum(all.Bytes())
	return s, nil
}

// write puts the snapshot into its folder under home, unless it lies there whole, and returns the folder.
func (s Snapshot) write(home string) (string, error) {
	dir := filepath.Join(home, s.Hash)
	if s.lies(dir) {
		return dir, nil
	}
	tmp, err := tempDir(home)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	for _, f := range s.Files {
		name := filepath.Join(tmp, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return "", fmt.Errorf("write snapshot: %w", err)
		}
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			return "", fmt.Errorf("write snapshot: %w", err)
		}
	}
	if err := os.Rename(tmp, dir); err == nil || s.lies(dir) {
		return dir, nil // ours, or another process's that was first
	}
	// What lies there is damaged: a cache may be deleted.
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("write snapshot: replace damaged %s: %w", dir, err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return "", fmt.Errorf("write snapshot: %w", err)
	}
	return dir, nil
}

// lies reports whether every file of the snapshot, and no other Go file, is in dir as it should be.
func (s Snapshot) lies(dir string) bool {
	for _, f := range s.Files {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil || !bytes.Equal(b, f.Content) {
			return false
		}
	}
	n := 0
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	return err == nil && n == len(s.Files)
}
