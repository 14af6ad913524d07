package task

import (
	"slices"
	"strings"
)

// passed are the variables that a trainer may see: where things are and how to use the machine. Anything else, keys above
// all, stays with the supervisor.
var passed = []string{
	"PATH", "HOME", "TMPDIR", "TMP", "TEMP", "LANG", "XDG_CACHE_HOME", "BILEVEL_CACHE",
	"GOROOT", "GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GOTRACEBACK", "GOCOVERDIR",
	"LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
	"USERPROFILE", "SYSTEMROOT", "LOCALAPPDATA", // Windows
}

// Environ returns the part of an environment that a trainer is given.
func Environ(environ []string) []string {
	var env []string
	for _, kv := range environ {
		if name, _, _ := strings.Cut(kv, "="); slices.Contains(passed, name) {
			env = append(env, kv)
		}
	}
	return env
}
