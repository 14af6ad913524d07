package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Exports are the type information of packages as the compiler wrote it, so that a source that imports them can be
// type-checked in milliseconds without their sources.
type Exports struct {
	Toolchain string
	files     map[string]string // by import path
}

// Open returns one package's export data, in the form that go/importer reads.
func (e Exports) Open(path string) (io.ReadCloser, error) {
	name, ok := e.files[path]
	if !ok {
		return nil, fmt.Errorf("no export data of %q", path)
	}
	return os.Open(name)
}

// Exports returns the export data of the packages, from the cache when they were asked for before.
func (b *Builder) Exports(ctx context.Context, packages []string) (Exports, error) {
	packages = slices.Sorted(slices.Values(packages))
	inputs, err := json.Marshal([]any{b.snapshot.Hash, b.tool.String(), packages})
	if err != nil {
		return Exports{}, fmt.Errorf("export data: %w", err)
	}
	home := filepath.Join(b.cache, "exports", sum(inputs))
	if e, err := b.loadExports(home, packages); err == nil {
		used(home)
		return e, nil
	}
	if err := b.listExports(ctx, home, packages); err != nil {
		return Exports{}, err
	}
	return b.loadExports(home, packages)
}

// listExports asks the go command for the export data and copies it: the build cache that it lies in forgets.
func (b *Builder) listExports(ctx context.Context, home string, packages []string) error {
	args := slices.Concat([]string{"list", "-export", "-json=ImportPath,Export"}, flags, []string{"--"}, packages)
	res, err := b.run(ctx, args...)
	if err != nil {
		return fmt.Errorf("export data with %s: %w", b.tool, err)
	}
	tmp, err := tempDir(filepath.Dir(home))
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	d := json.NewDecoder(bytes.NewReader(res.Stdout))
	for {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("export data: go list: %w", err)
		}
		content, err := os.ReadFile(p.Export)
		if err != nil {
			return fmt.Errorf("export data of %s: %w", p.ImportPath, err)
		}
		if err := os.WriteFile(filepath.Join(tmp, exportName(p.ImportPath)), content, 0o644); err != nil {
			return fmt.Errorf("export data: %w", err)
		}
	}
	if err := os.Rename(tmp, home); err == nil {
		return nil
	}
	if _, err := b.loadExports(home, packages); err == nil {
		return nil // another process was first
	}
	if err := os.RemoveAll(home); err != nil {
		return fmt.Errorf("export data: replace damaged %s: %w", home, err)
	}
	if err := os.Rename(tmp, home); err != nil {
		return fmt.Errorf("export data: %w", err)
	}
	return nil
}

func (b *Builder) loadExports(home string, packages []string) (Exports, error) {
	e := Exports{Toolchain: b.tool.String(), files: map[string]string{}}
	for _, p := range packages {
		name := filepath.Join(home, exportName(p))
		if _, err := os.Stat(name); err != nil {
			return Exports{}, fmt.Errorf("export data of %s: %w", p, err)
		}
		e.files[p] = name
	}
	return e, nil
}

// exportName is the file name of a package's export data.
func exportName(path string) string { return sum([]byte(path))[:32] + ".a" }
