package build

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Remember decodes into what make returned when it was called first with this key, for this snapshot and toolchain; it calls
// make where that is not in the cache. What it returns must follow from the three alone.
func (b *Builder) Remember(key string, into any, make func() (any, error)) error {
	home := filepath.Join(b.cache, known, sum([]byte(fmt.Sprintf("%q", []string{b.snapshot.Hash, b.tool.String(), key}))))
	if text, err := os.ReadFile(home); err == nil && json.Unmarshal(text, into) == nil {
		used(home)
		return nil
	}
	made, err := make()
	if err != nil {
		return err
	}
	text, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("remember %s: %w", key, err)
	}
	if err := b.keep(home, text); err != nil {
		return fmt.Errorf("remember %s: %w", key, err)
	}
	return json.Unmarshal(text, into)
}

// known is the folder of the cache for what Remember keeps.
const known = "known"

// keep writes a file of the cache whole or not at all.
func (b *Builder) keep(name string, text []byte) error {
	tmp, err := tempDir(filepath.Join(b.cache, "tmp"))
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	part := filepath.Join(tmp, filepath.Base(name))
	if err := os.WriteFile(part, text, 0o644); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.Rename(part, name)
}
