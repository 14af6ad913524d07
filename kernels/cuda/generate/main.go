// Command generate compiles every kernel to PTX. It runs in the folder of the package cuda, by go generate. Without the compiler it
// leaves PTX that is of these sources as it is, says so, and fails where they differ. Where NVIDIA's assembler can be had it also counts the
// registers of every kernel, and fails where one spills.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed161a02ea/bilevel/kernels/cuda/build"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	names, err := build.Sources(dir)
	if err != nil {
		return err
	}
	hash, err := build.Hash(dir)
	if err != nil {
		return err
	}
	version, err := build.Version()
	if errors.Is(err, build.ErrMissing) {
		return current(dir, hash, err)
	}
	if err != nil {
		return err
	}
	texts := map[string][]byte{"hash": []byte(hash + "\n"), "compiler": []byte(version + "\n")}
	for _, name := range names {
		text, err := build.PTX(dir, name)
		if err != nil {
			return err
		}
		texts[name+".ptx"] = text
	}
	old, err := filepath.Glob(filepath.Join(dir, "ptx", "*.ptx"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if _, ok := texts[filepath.Base(f)]; !ok {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, "ptx", name), text, 0o644); err != nil {
			return err
		}
	}
	return count(dir)
}

// count writes ptx/registers, unless it is of this PTX already; a test counts again.
func count(dir string) error {
	if _, _, current, err := build.ReadRegisters(dir); err == nil && current {
		return nil
	}
	version, err := build.AssemblerVersion()
	if errors.Is(err, build.ErrMissing) {
		fmt.Fprintf(os.Stderr, "registers are not counted again: %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	text, err := build.Registers(dir, version)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ptx", "registers"), text, 0o644)
}

// current says that the PTX was not compiled again, or that it should have been.
func current(dir, hash string, missing error) error {
	kept, err := os.ReadFile(filepath.Join(dir, "ptx", "hash"))
	if err != nil {
		return err
	}
	if string(kept) != hash+"\n" {
		return fmt.Errorf("the kernels have changed since their PTX was made, and it cannot be made here: %w", missing)
	}
	fmt.Fprintf(os.Stderr, "the PTX is of these sources and was not made again: %v\n", missing)
	return nil
}
