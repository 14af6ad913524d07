package text

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// goEnvLimit bounds `go env`, which may start to download a toolchain where go.mod asks for another one.
const goEnvLimit = 5 * time.Second

// FindGoRoot returns the root of a Go distribution that has its source with it. It asks, in this order, $GOROOT, the place
// of the go command in $PATH, `go env GOROOT`, and the folders that installers use. runtime.GOROOT is of no use: it is empty
// in a binary built with -trimpath.
func FindGoRoot(ctx context.Context) (string, error) {
	if root := os.Getenv("GOROOT"); root != "" {
		if !hasGoSource(root) {
			return "", fmt.Errorf("go source: $GOROOT is %s, which has no src/fmt; set $GOROOT to a Go distribution with its source, or give text of your own with --text PATH", root)
		}
		return root, nil
	}
	var looked []string
	for _, find := range []func(context.Context) []string{goCommandRoot, goEnvRoot, usualGoRoots} {
		for _, root := range find(ctx) {
			if hasGoSource(root) {
				return root, nil
			}
			looked = append(looked, root)
		}
	}
	return "", fmt.Errorf("go source: no Go distribution with its source in %s; install Go from https://go.dev/dl (some Linux packages leave out src), set $GOROOT, or give text of your own with --text PATH",
		strings.Join(looked, ", "))
}

func hasGoSource(root string) bool {
	_, err := os.Stat(filepath.Join(root, "src", "fmt", "print.go"))
	return err == nil
}

func goCommandRoot(context.Context) []string {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return nil
	}
	return []string{filepath.Dir(filepath.Dir(path))}
}

func goEnvRoot(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, goEnvLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	root := strings.TrimSpace(string(out))
	if err != nil || root == "" {
		return nil
	}
	return []string{root}
}

func usualGoRoots(context.Context) []string {
	roots := []string{"/usr/local/go", "/usr/lib/go", "/usr/lib/golang", "/usr/share/go", "/opt/homebrew/opt/go/libexec", "/usr/local/opt/go/libexec"}
	if runtime.GOOS == "windows" {
		roots = []string{`C:\Program Files\Go`, `C:\Go`}
	}
	if home, err := os.UserHomeDir(); err == nil {
		installed, _ := filepath.Glob(filepath.Join(home, "sdk", "go*")) // golang.org/dl; the pattern is valid, so no error
		roots = append(roots, installed...)
	}
	return roots
}
