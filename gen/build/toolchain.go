package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/gen/child"
)

// minimum is the oldest Go that the snapshot's sources need.
const minimum = "1.26"

// ErrToolchain means that no usable Go toolchain is on this machine. The error's text says what to do about it.
var ErrToolchain = errors.New("no usable Go toolchain")

// A Toolchain is an installed Go.
type Toolchain struct {
	Path    string // of the go command
	Version string // "go1.26.8"
	Root    string // GOROOT
	Tools   string // GOTOOLDIR: the folder of the compiler and the linker
	OS      string // of the programs it makes here
	Arch    string
	Cache   string // GOCACHE
	Temp    string // TMPDIR, may be empty
	Home    string // HOME, may be empty
}

// String identifies what may make one build differ from another.
func (t Toolchain) String() string { return t.Version + " " + t.OS + "/" + t.Arch }

// program is the file name of a program.
func (t Toolchain) program() string { return "runner" + t.suffix() }

// suffix ends the file names of programs.
func (t Toolchain) suffix() string {
	if t.OS == "windows" {
		return ".exe"
	}
	return ""
}

// env is the whole environment of a build. Nothing of it reaches the bytes built but the version, OS and Arch.
func (t Toolchain) env() []string {
	env := []string{
		"PATH=" + filepath.Join(t.Root, "bin"), "HOME=" + t.Home,
		"GOROOT=" + t.Root, "GOCACHE=" + t.Cache, "GOOS=" + t.OS, "GOARCH=" + t.Arch,
		"GO111MODULE=on", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off", "GOENV=off", "GOTOOLCHAIN=local",
		"GOFLAGS=", "GOEXPERIMENT=", "GODEBUG=", "CGO_ENABLED=0",
	}
	if t.Temp != "" {
		env = append(env, "TMPDIR="+t.Temp, "TMP="+t.Temp)
	}
	return env
}

// FindToolchain finds the go command that a build with this environment would use. Its error wraps ErrToolchain.
func FindToolchain(ctx context.Context, env []string) (Toolchain, error) {
	return findToolchain(ctx, "", env)
}

// findToolchain finds the go command and asks it what it is. env is searched for PATH and handed to the question, so that
// a user's GOCACHE and GOROOT hold.
func findToolchain(ctx context.Context, command string, env []string) (Toolchain, error) {
	const remedy = "install Go " + minimum + " or later from https://go.dev/dl and put its bin folder on PATH"
	path, err := lookGo(command, env)
	if err != nil {
		return Toolchain{}, fmt.Errorf("%w: %w; %s", ErrToolchain, err, remedy)
	}
	res, err := child.Run(ctx, child.Command{
		Path: path, Args: []string{"env", "-json", "GOVERSION", "GOROOT", "GOCACHE", "GOHOSTOS", "GOHOSTARCH", "GOTOOLDIR"},
		Env: append(public(env), "GOTOOLCHAIN=local"), Limit: time.Minute,
	})
	if err != nil {
		return Toolchain{}, fmt.Errorf("%w: %s does not run: %w; %s", ErrToolchain, path, err, remedy)
	}
	var said struct{ GOVERSION, GOROOT, GOCACHE, GOHOSTOS, GOHOSTARCH, GOTOOLDIR string }
	if err := json.Unmarshal(res.Stdout, &said); err != nil {
		return Toolchain{}, fmt.Errorf("%w: %s env -json: %w; %s", ErrToolchain, path, err, remedy)
	}
	if v, _, _ := strings.Cut(said.GOVERSION, " "); version.Compare(v, "go"+minimum) < 0 {
		return Toolchain{}, fmt.Errorf("%w: %s is %s, want go%s or later; %s", ErrToolchain, path, said.GOVERSION, minimum, remedy)
	}
	if said.GOCACHE == "" || said.GOCACHE == "off" {
		return Toolchain{}, fmt.Errorf("%w: GOCACHE is %q, want a folder that can be written; set GOCACHE or HOME", ErrToolchain, said.GOCACHE)
	}
	return Toolchain{
		Path: path, Version: said.GOVERSION, Root: said.GOROOT, Tools: said.GOTOOLDIR, OS: said.GOHOSTOS, Arch: said.GOHOSTARCH,
		Cache: said.GOCACHE, Temp: getenv(env, "TMPDIR"), Home: getenv(env, "HOME"),
	}, nil
}

// lookGo finds the go command: the one named, else on PATH, else where Go's installers put it.
func lookGo(command string, env []string) (string, error) {
	if command != "" {
		return exec.LookPath(command)
	}
	for _, dir := range append(filepath.SplitList(getenv(env, "PATH")), "/usr/local/go/bin", "/usr/lib/go/bin", `C:\Program Files\Go\bin`) {
		if !filepath.IsAbs(dir) {
			continue // a go command in the current folder is somebody else's
		}
		if path, err := exec.LookPath(filepath.Join(dir, "go")); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the go command is not on PATH")
}

// public is the part of an environment that the go command may see: no keys.
func public(env []string) []string {
	var out []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case name == "GOFLAGS" || name == "GOTOOLCHAIN" || name == "GOAUTH":
		case strings.HasPrefix(name, "GO"), name == "PATH", name == "HOME", name == "TMPDIR", name == "TMP",
			strings.HasPrefix(name, "XDG_"), name == "LocalAppData", name == "USERPROFILE", name == "SystemRoot":
			out = append(out, kv)
		}
	}
	return out
}

// getenv returns the last value of a variable in an environment.
func getenv(env []string, name string) string {
	value := ""
	for _, kv := range env {
		if n, v, _ := strings.Cut(kv, "="); n == name {
			value = v
		}
	}
	return value
}
