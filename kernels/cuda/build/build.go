// Package build compiles the kernels: to PTX with clang, and with g++ into the emulator that stands for a GPU in tests.
package build

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Clang is the compiler whose PTX is committed. Another version writes other bytes.
const Clang = "clang-19"

// ErrMissing: a compiler is not installed. The message says what to install.
var ErrMissing = errors.New("not installed")

// Sources lists the names, without ending, of the kernel files in the folder of the package cuda, in order.
func Sources(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "source", "*.cu"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("build: no *.cu in %s/source", dir)
	}
	sort.Strings(files)
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".cu")
	}
	return files, nil
}

// flags make PTX. No CUDA toolkit is needed. Files whose names begin with hopper are for compute capability 9.0 alone, the others
// for 8.0 and newer.
var (
	flags  = []string{"-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "-std=c++17", "-O3", "-fdeclspec", "-Wall", "-Wno-unused-function", "-Werror", "-S"}
	ampere = []string{"--cuda-gpu-arch=sm_80", "--cuda-feature=+ptx75"}
	hopper = []string{"--cuda-gpu-arch=sm_90a", "--cuda-feature=+ptx80"}
)

// Hash stands for everything that PTX is made from: the compiler, its flags and the sources. It is kept beside the PTX, so that
// a machine without the compiler sees whether they belong together.
func Hash(dir string) (string, error) {
	h := newHash()
	fmt.Fprintf(h, "%s %q %q %q\n", Clang, flags, ampere, hopper)
	return sum(h, dir, "source/*")
}

func newHash() hash.Hash { return sha256.New() }

// sum adds the files that patterns name below dir, and gives 24 digits of the hash.
func sum(h hash.Hash, dir string, patterns ...string) (string, error) {
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", fmt.Errorf("build: %w", err)
		}
		sort.Strings(files)
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return "", fmt.Errorf("build: %w", err)
			}
			fmt.Fprintf(h, "%s %d\n%s", filepath.Base(f), len(text), text)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:12]), nil
}

// Version is that of the compiler, such as 19.1.7. Its error wraps ErrMissing where the compiler is not installed.
func Version() (string, error) {
	if err := need(Clang, "apt-get install clang-19"); err != nil {
		return "", err
	}
	text, err := output(exec.Command(Clang, "--version"))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`clang version (\d+\.\d+\.\d+)`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("build: %s --version says %q, want a clang version", Clang, text)
	}
	return string(found[1]), nil
}

// PTX compiles one file of kernels. Its error wraps ErrMissing where the compiler is not installed.
func PTX(dir, name string) ([]byte, error) {
	if err := need(Clang, "apt-get install clang-19"); err != nil {
		return nil, err
	}
	// The source is named without its folder, so that nothing of this machine gets into the output.
	target := ampere
	if strings.HasPrefix(name, "hopper") {
		target = hopper
	}
	c := exec.Command(Clang, slices.Concat(flags, target, []string{name + ".cu", "-o", "-"})...)
	c.Dir = filepath.Join(dir, "source")
	return output(c)
}

// Emulator builds libcuda.so.1 with all kernels for the processor of this machine and returns the folder it lies in. With check,
// it is built with the address sanitizer. Libraries are kept in
// $BILEVEL_CACHE, or bilevel in the user's cache folder, named by a hash of everything that went into them.
func Emulator(dir string, check bool) (string, error) {
	if err := need("g++", "apt-get install g++"); err != nil {
		return "", err
	}
	names, err := Sources(dir)
	if err != nil {
		return "", err
	}
	flags := []string{"-std=c++17", "-O2", "-fPIC", "-fno-semantic-interposition", "-Wall", "-Wno-unused-function", "-Wno-unknown-pragmas", "-Wno-sign-compare", "-Wno-psabi", "-Werror", "-DEMULATED",
		"-I" + filepath.Join(dir, "source"), "-I" + filepath.Join(dir, "driver"), "-I" + filepath.Join(dir, "emulator")}
	if check {
		flags = append(flags, "-g1", "-O1", "-fsanitize=address,alignment", "-fno-sanitize-recover=alignment")
	}
	hash, err := content(dir, flags)
	if err != nil {
		return "", err
	}
	cache := os.Getenv("BILEVEL_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("build: emulator: %w", err)
		}
		cache = filepath.Join(user, "bilevel")
	}
	folder := filepath.Join(cache, "emulator", hash)
	if _, err := os.Stat(filepath.Join(folder, "libcuda.so.1")); err == nil {
		return folder, nil
	}
	return folder, link(dir, folder, names, flags)
}

func link(dir, folder string, names, flags []string) error {
	work, err := os.MkdirTemp("", "bilevel-emulator-")
	if err != nil {
		return fmt.Errorf("build: emulator: %w", err)
	}
	defer os.RemoveAll(work)
	files, err := filepath.Glob(filepath.Join(dir, "emulator", "*.cc"))
	if err != nil {
		return fmt.Errorf("build: emulator: %w", err)
	}
	for _, n := range names {
		files = append(files, filepath.Join(dir, "source", n+".cu"))
	}
	objects, err := compile(files, work, flags)
	if err != nil {
		return err
	}
	library := filepath.Join(work, "libcuda.so.1")
	if _, err := output(exec.Command("g++", slices.Concat([]string{"-shared", "-Wl,-Bsymbolic", "-o", library}, flags, objects)...)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fmt.Errorf("build: emulator: %w", err)
	}
	return install(library, folder)
}

// traced are the files of the driver's functions, whose calls can be counted; see emulator/calls.cc.
var traced = map[string]bool{"driver.cc": true, "memory.cc": true}

// compile makes an object of each file, as many at a time as there are processors.
func compile(files []string, work string, flags []string) ([]string, error) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	var objects []string
	for _, f := range files {
		object := filepath.Join(work, filepath.Base(f)+".o")
		objects = append(objects, object)
		own := flags
		if traced[filepath.Base(f)] {
			own = append(slices.Clone(flags), "-finstrument-functions", "-finstrument-functions-exclude-file-list=/usr/")
		}
		g.Go(func() error {
			_, err := output(exec.Command("g++", slices.Concat(own, []string{"-c", "-x", "c++", f, "-o", object})...))
			return err
		})
	}
	return objects, g.Wait()
}

// install puts the library in its folder in one step, so that another process never sees half of it.
func install(library, folder string) error {
	text, err := os.ReadFile(library)
	if err != nil {
		return fmt.Errorf("build: emulator: %w", err)
	}
	temporary, err := os.MkdirTemp(filepath.Dir(folder), "new-")
	if err != nil {
		return fmt.Errorf("build: emulator: %w", err)
	}
	if err := os.WriteFile(filepath.Join(temporary, "libcuda.so.1"), text, 0o755); err != nil {
		return fmt.Errorf("build: emulator: %w", err)
	}
	if err := os.Rename(temporary, folder); err != nil {
		os.RemoveAll(temporary)
		if _, there := os.Stat(filepath.Join(folder, "libcuda.so.1")); there != nil {
			return fmt.Errorf("build: emulator: %w", err)
		}
	}
	return nil
}

// content hashes the compiler's version, the flags and every file that can go into the emulator.
func content(dir string, flags []string) (string, error) {
	version, err := output(exec.Command("g++", "--version"))
	if err != nil {
		return "", err
	}
	h := newHash()
	fmt.Fprintf(h, "%s\n%q\n", version, flags)
	return sum(h, dir, "source/*", "emulator/*", "driver/*.h")
}

func need(program, remedy string) error {
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("build: %s is %w: %s", program, ErrMissing, remedy)
	}
	return nil
}

func output(c *exec.Cmd) ([]byte, error) {
	var out, wrong bytes.Buffer
	c.Stdout, c.Stderr = &out, &wrong
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("build: %s: %w\n%s", strings.Join(c.Args, " "), err, wrong.String())
	}
	return out.Bytes(), nil
}
