// Command generate compiles every kernel to PTX. It runs in the folder of the package cuda, by go generate.
package main

import (
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
	texts := map[string][]byte{}
	for _, name := range names {
		if texts[name], err = build.PTX(dir, name); err != nil {
			return err
		}
	}
	old, err := filepath.Glob(filepath.Join(dir, "ptx", "*.ptx"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, "ptx", name+".ptx"), texts[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
