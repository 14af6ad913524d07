// Command install builds bilevel with CUDA, for which it needs gcc and no CUDA toolkit:
//
//	go run ./kernels/cuda/install            # where go install puts programs
//	go run ./kernels/cuda/install -o FILE
//
// It runs go install or go build with the tag cuda, in an environment where cgo finds this module's declarations of the driver's interface.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cuda/build"
)

func main() {
	to := flag.String("o", "", "write the program to this `FILE`")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "install: %q, want no arguments besides -o FILE\n", flag.Args())
		os.Exit(2)
	}
	if err := install(*to); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func install(to string) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf("install: bilevel has CUDA on linux/amd64, this is %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return errors.New("install: the place of the source is not known: run it with go run, without -trimpath")
	}
	cuda := filepath.Dir(filepath.Dir(file))
	environment, err := build.Cgo(cuda)
	if err != nil {
		return err
	}
	arguments := []string{"install", "-tags", "cuda", "./cmd/bilevel"}
	if to != "" {
		if to, err = filepath.Abs(to); err != nil {
			return fmt.Errorf("install: %w", err)
		}
		arguments = []string{"build", "-tags", "cuda", "-o", to, "./cmd/bilevel"}
	}
	c := exec.Command("go", arguments...)
	c.Dir, c.Env = filepath.Dir(filepath.Dir(cuda)), environment
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("install: go %s: %w", strings.Join(arguments, " "), err)
	}
	return nil
}
