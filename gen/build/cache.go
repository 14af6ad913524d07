package build

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cacheDir returns the folder for everything that may be deleted.
func cacheDir(dir string, env []string) (string, error) {
	if dir == "" {
		dir = getenv(env, "BILEVEL_CACHE")
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("cache folder: %w; set BILEVEL_CACHE to a folder that can be written", err)
		}
		dir = filepath.Join(user, "bilevel")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cache folder: %w; set BILEVEL_CACHE to a folder that can be written", err)
	}
	return dir, nil
}

// tempDir makes a folder under home, so that what is made in it can be renamed to its place.
func tempDir(home string) (string, error) {
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	dir, err := os.MkdirTemp(home, "tmp-")
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	// MkdirTemp's folders are closed to others; the cache's are not.
	return dir, os.Chmod(dir, 0o755)
}

// hashOverlay lists the files of an overlay by path.
func hashOverlay(overlay map[string][]byte) []FileHash {
	files := make([]FileHash, 0, len(overlay))
	for path, content := range overlay {
		f := FileHash{Path: path}
		if content != nil {
			f.Hash = sum(content)
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b FileHash) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// overlayDir holds the files of an overlay in a build's temporary folder, by their path in the module.
const overlayDir = "overlay"

// writeOverlay writes the files that join or replace the snapshot's, and the list that go build reads them by.
func (b *Builder) writeOverlay(tmp string, overlay map[string][]byte) (string, error) {
	list := struct{ Replace map[string]string }{map[string]string{}}
	for _, f := range hashOverlay(overlay) {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) || f.Path == "go.mod" {
			return "", fmt.Errorf("overlay: path %q, want one inside the module", f.Path)
		}
		at := filepath.Join(b.dir, filepath.FromSlash(f.Path))
		list.Replace[at] = "" // takes the file away
		if content := overlay[f.Path]; content != nil {
			name := filepath.Join(tmp, overlayDir, filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return "", fmt.Errorf("overlay: %w", err)
			}
			if err := os.WriteFile(name, content, 0o644); err != nil {
				return "", fmt.Errorf("overlay: %w", err)
			}
			list.Replace[at] = name
		}
	}
	j, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	name := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(name, j, 0o644); err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	return name, nil
}

// store puts a built binary and its record into their place for good. When another process was first, its binary is
// as good as ours.
func (b *Builder) store(out, home string, rec Record) (Binary, error) {
	program := filepath.Join(out, b.tool.program())
	content, err := os.ReadFile(program)
	if err != nil {
		return Binary{}, fmt.Errorf("store binary: %w", err)
	}
	rec.Hash = sum(content)
	j, err := json.MarshalIndent(rec, "", "\t")
	if err != nil {
		return Binary{}, fmt.Errorf("store binary: %w", err)
	}
	if err := os.WriteFile(filepath.Join(out, "record.json"), append(j, '\n'), 0o644); err != nil {
		return Binary{}, fmt.Errorf("store binary: %w", err)
	}
	if err := flush(program); err != nil {
		return Binary{}, fmt.Errorf("store binary: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return Binary{}, fmt.Errorf("store binary: %w", err)
	}
	if err := os.Rename(out, home); err != nil {
		if bin, loadErr := load(home); loadErr == nil {
			return bin, nil
		}
		if err := os.RemoveAll(home); err != nil {
			return Binary{}, fmt.Errorf("store binary: replace damaged %s: %w", home, err)
		}
		if err := os.Rename(out, home); err != nil {
			return Binary{}, fmt.Errorf("store binary: %w", err)
		}
	}
	bin, err := load(home)
	bin.Cached = false
	return bin, err
}

// flush makes a file's content durable before its name appears.
func flush(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// load returns the binary in a folder of the cache, if it is there and is what its record says.
func load(home string) (Binary, error) {
	j, err := os.ReadFile(filepath.Join(home, "record.json"))
	if err != nil {
		return Binary{}, err
	}
	bin := Binary{Cached: true}
	if err := json.Unmarshal(j, &bin.Record); err != nil {
		return Binary{}, err
	}
	names, err := filepath.Glob(filepath.Join(home, "runner*"))
	if err != nil || len(names) != 1 {
		return Binary{}, fmt.Errorf("load binary: %d programs in %s, want 1", len(names), home)
	}
	bin.Path = names[0]
	content, err := os.ReadFile(bin.Path)
	if err != nil {
		return Binary{}, err
	}
	bin.Hash, bin.Size = sum(content), int64(len(content))
	if bin.Hash != bin.Record.Hash || bin.Record.Key != filepath.Base(home) {
		return Binary{}, fmt.Errorf("load binary: %s has hash %s, want %s", bin.Path, bin.Hash, bin.Record.Hash)
	}
	return bin, nil
}
