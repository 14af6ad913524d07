package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// AlwaysExcluded are names that no copy of a folder has: histories and caches. Nor has it runs at its top, where this program
// makes run directories, which change while it runs.
var AlwaysExcluded = []string{".git", ".hg", ".svn", "__pycache__"}

// A folder is copied for every trial, so it has to be small; what is larger is linked.
const (
	mostBytes = 256 << 20
	mostFiles = 20000
)

// Snapshot copies the folder into the cache, under the hash of what was copied, and returns the copy and the hash. A copy with
// this hash that the cache has already is used again.
func Snapshot(ctx context.Context, folder, cache string, f *File) (copied, hash string, err error) {
	parent := filepath.Join(cache, "folders")
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", "", err
	}
	temporary, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(temporary)
	if hash, err = copyFolder(ctx, folder, temporary, f.excluded); err != nil {
		return "", "", fmt.Errorf("copy folder %s: %w", folder, err)
	}
	copied = filepath.Join(parent, hash)
	if _, err := Recorded(ctx, cache, hash); err == nil {
		return copied, hash, nil
	}
	if err := os.RemoveAll(copied); err != nil { // not what its name says
		return "", "", err
	}
	err = os.Rename(temporary, copied)
	if _, broken := Recorded(ctx, cache, hash); err != nil && broken == nil {
		err = nil // another process was first
	}
	return copied, hash, err
}

// Recorded returns the copy that Snapshot made under this hash. The error is fs.ErrNotExist when the cache does not have it, or
// has something else in its place.
func Recorded(ctx context.Context, cache, hash string) (string, error) {
	copied := filepath.Join(cache, "folders", hash)
	if _, err := os.Stat(copied); err != nil {
		return "", err
	}
	is, err := copyFolder(ctx, copied, "", func(string) bool { return false })
	if err != nil {
		return "", err
	}
	if is != hash {
		return "", fmt.Errorf("folder %s was changed: %w", copied, fs.ErrNotExist)
	}
	return copied, nil
}

// excluded reports whether the path, relative and with slashes, is left out of copies.
func (f *File) excluded(name string) bool {
	base := path.Base(name)
	if slices.Contains(AlwaysExcluded, base) || name == "runs" {
		return true
	}
	for _, pattern := range f.Exclude {
		pattern = strings.TrimSuffix(pattern, "/")
		for _, against := range []string{name, base} {
			if ok, err := path.Match(pattern, against); ok && err == nil {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.Link, func(l string) bool { return filepath.ToSlash(filepath.Clean(l)) == name })
}

// copyFolder copies what lies below from to the folder to, and returns the hash of the names, kinds and contents. With to
// empty it only computes the hash.
func copyFolder(ctx context.Context, from, to string, excluded func(string) bool) (string, error) {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return "", err
	}
	c := copying{from: from, to: to, excluded: excluded}
	sum := sha256.New()
	err = filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil || rel == "." {
			return err
		}
		rel = filepath.ToSlash(rel)
		if excluded(rel) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		what, err := c.one(rel, d)
		fmt.Fprintf(sum, "%q %s\n", rel, what)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

type copying struct {
	from, to string
	excluded func(string) bool
	files    int
	bytes    int64
}

// one copies an entry, and says what it is.
func (c *copying) one(rel string, d fs.DirEntry) (what string, err error) {
	source := filepath.Join(c.from, filepath.FromSlash(rel))
	target := ""
	if c.to != "" {
		target = filepath.Join(c.to, filepath.FromSlash(rel))
	}
	if c.files++; c.files > mostFiles {
		return "", fmt.Errorf("it has more than %d files; name in exclude: what the program does not need, and in link: what is large and only read", mostFiles)
	}
	switch d.Type() {
	case fs.ModeDir:
		if target != "" {
			err = os.Mkdir(target, 0o777)
		}
		return "folder", err
	case fs.ModeSymlink:
		return c.link(source, target)
	case 0:
		return c.file(rel, source, target)
	}
	return "", fmt.Errorf("%s is neither file nor folder; name it in the list exclude", rel)
}

// link copies a symbolic link. One that leads out of the folder keeps leading to the same place.
func (c *copying) link(source, target string) (string, error) {
	to, err := os.Readlink(source)
	if err != nil {
		return "", err
	}
	if at := filepath.Join(filepath.Dir(source), to); !filepath.IsAbs(to) && at != c.from && !strings.HasPrefix(at, c.from+string(filepath.Separator)) {
		to = at
	}
	if target != "" {
		err = os.Symlink(to, target)
	}
	return fmt.Sprintf("link %q", to), err
}

func (c *copying) file(rel, source, target string) (string, error) {
	in, err := os.Open(source)
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	if c.bytes += info.Size(); c.bytes > mostBytes {
		return "", fmt.Errorf("it has more than %d MiB (reached at %s); name in exclude: what the program does not need, and in link: what is large and only read", mostBytes>>20, rel)
	}
	mode := 0o666 | info.Mode().Perm()&0o111
	sum := sha256.New()
	var out io.Writer = sum
	var file *os.File
	if target != "" {
		if file, err = os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode); err != nil {
			return "", err
		}
		out = io.MultiWriter(sum, file)
	}
	_, err = io.Copy(out, in)
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	return fmt.Sprintf("file %v %x", mode&0o100 != 0, sum.Sum(nil)), err
}
