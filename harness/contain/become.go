//go:build linux || darwin

package contain

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// raise puts up one wall around the calling thread. What is not here is on no system that this file is built for.
var raise = map[Wall]func(Spec) error{
	Limits:     setLimits,
	Privileges: dropPrivileges,
	Landlock:   restrictFiles,
	Seccomp:    filterCalls,
}

// Become puts up the walls and turns this process into the program. It returns only an error, after which the process must
// end: some walls may stand.
func (s Spec) Become() error {
	// Some walls bind a thread and not a process. exec carries on with this thread's and ends the others.
	runtime.LockOSThread()
	if err := s.check(); err != nil {
		return fmt.Errorf("contain %s: %w", s.Program, err)
	}
	closeOnExec(max(s.Descriptors, 3))
	for _, w := range Walls() {
		if !s.has(w) {
			continue
		}
		if err := raise[w](s); err != nil {
			return fmt.Errorf("contain %s: wall %s: %w", s.Program, w, err)
		}
	}
	err := syscall.Exec(s.Program, append([]string{s.Program}, s.Args...), environment(os.Environ()))
	return fmt.Errorf("contain %s: exec: %w", s.Program, err)
}

func (s Spec) check() error {
	offered, missing := Offered()
	for _, w := range s.Walls {
		if _, ok := offered[w]; ok {
			continue
		}
		for _, m := range missing {
			if m.Wall == w {
				return fmt.Errorf("wall %s: %s", w, m.Why)
			}
		}
		return fmt.Errorf("no wall %q, want one of %v", w, Walls())
	}
	for _, path := range append([]string{s.Program}, s.Allow...) {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	return nil
}

// environment keeps what tells the Go runtime how to die and how many processors to use, and which language to speak. No key can
// be in it.
func environment(all []string) []string {
	kept := []string{}
	for _, pair := range all {
		if name, _, _ := strings.Cut(pair, "="); name == "GOTRACEBACK" || name == "GOMAXPROCS" || name == "LANG" {
			kept = append(kept, pair)
		}
	}
	return kept
}
