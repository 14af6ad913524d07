package build

import (
	"fmt"
	"os"
	"path/filepath"
)

// Cgo is the environment in which the go command builds with the tag cuda: cgo is on, and finds the declarations and the stub of the
// package driver where gorgonia.org/cu looks for a CUDA toolkit. What the caller's environment says of flags is kept. dir is the folder of
// the package cuda. The error wraps ErrMissing where there is no C compiler.
func Cgo(dir string) ([]string, error) {
	if os.Getenv("CC") == "" {
		if err := need("gcc", "apt-get install gcc libc6-dev"); err != nil {
			return nil, err
		}
	}
	driver, err := filepath.Abs(filepath.Join(dir, "driver"))
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	flags := func(name, otherwise, more string) string {
		given, ok := os.LookupEnv(name)
		if !ok {
			given = otherwise
		}
		return fmt.Sprintf("%s=%s '%s'", name, given, more)
	}
	return append(os.Environ(), "CGO_ENABLED=1", flags("CGO_CFLAGS", "-O2", "-I"+driver), flags("CGO_LDFLAGS", "", "-L"+filepath.Join(driver, "stub"))), nil
}
