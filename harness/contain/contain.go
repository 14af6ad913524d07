// Package contain starts a program behind walls that the kernel holds: it may compute, speak over the descriptors it was
// given, and become another program of a folder it was shown. Nothing else.
//
// The walls are put up from outside, by a process that then becomes the program, so that a runner links nothing for it and
// generated code cannot have run before they stand. Each holds across exec, so they bind every later image of a runner too:
//
//	limits      no core file, no byte written to a file, few descriptors, bounded address space and processor time
//	privileges  no program gives more rights than its caller has, and root has none of root's
//	landlock    files: read and execute what was shown, nothing else; no TCP; no signal to a process outside
//	seccomp     only the system calls that a Go program needs which computes; among them no socket, no new process
//
// They overlap on purpose: where a kernel lacks one, the others still stand. What is in force is found out by trying.
package contain

import (
	"fmt"
	"slices"
	"time"
)

// A Wall is one part of the containment.
type Wall string

// The walls, in the order in which they are put up.
const (
	Limits     Wall = "limits"
	Privileges Wall = "privileges"
	Landlock   Wall = "landlock"
	Seccomp    Wall = "seccomp"
)

// Walls returns all walls, in order.
func Walls() []Wall { return []Wall{Limits, Privileges, Landlock, Seccomp} }

// ParseWall reads the name of a wall.
func ParseWall(name string) (Wall, error) {
	if w := Wall(name); slices.Contains(Walls(), w) {
		return w, nil
	}
	return "", fmt.Errorf("no wall %q, want one of %v", name, Walls())
}

// ExitFailed is the exit code of a process that could not put up the walls or not become the program. Such an end says
// nothing about the program. Others who start programs for somebody (env, timeout) use the same.
const ExitFailed = 125

// A Spec is a program and what it may do.
type Spec struct {
	Program string   // path
	Args    []string // without the program's name
	Walls   []Wall   // each must stand, or the program is not started
	// Allow are files and folders that the program may read and execute beside itself. They must exist.
	Allow []string
	// Descriptors is how many the program inherits: those below it. 0 means 3, the standard ones.
	Descriptors int
	Memory      uint64        // of address space, in bytes, where the system bounds it (Linux); 0 leaves it alone
	CPU         time.Duration // of processor time, rounded up to seconds; 0 leaves it alone
}

// RunnerMemory bounds the address space of a runner in bytes. Go reserves far more than it uses: an idle runner has 1.2 GiB.
const RunnerMemory = 4 << 30

// has reports whether a wall is wanted.
func (s Spec) has(w Wall) bool { return slices.Contains(s.Walls, w) }
