package contain

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// refused are system calls with arguments that would do harm if they were let through.
var refused = []struct {
	what   string
	number uintptr
	args   [5]uintptr
}{
	{"fork", unix.SYS_CLONE, [5]uintptr{uintptr(unix.SIGCHLD)}},
	{"fork by vfork's flags", unix.SYS_CLONE, [5]uintptr{unix.CLONE_VM | unix.CLONE_VFORK | uintptr(unix.SIGCHLD)}},
	{"signal to the group", unix.SYS_KILL, [5]uintptr{0, 0}},
	{"signal to all", unix.SYS_KILL, [5]uintptr{^uintptr(0), 0}},
	{"signal to a thread of another", unix.SYS_TGKILL, [5]uintptr{1, 1, 0}},
	{"signal by tkill", unix.SYS_TKILL, [5]uintptr{1, 0}},
	{"signals of a descriptor to another", unix.SYS_FCNTL, [5]uintptr{0, unix.F_SETOWN, 1}},
	{"another's limits", unix.SYS_PRLIMIT64, [5]uintptr{1, unix.RLIMIT_CORE}},
	{"a process made dumpable", unix.SYS_PRCTL, [5]uintptr{unix.PR_SET_DUMPABLE, 1}},
	{"opening to write", unix.SYS_OPENAT, [5]uintptr{0, 0, unix.O_WRONLY}},
	{"opening to read and write", unix.SYS_OPENAT, [5]uintptr{0, 0, unix.O_RDWR}},
	{"opening to truncate", unix.SYS_OPENAT, [5]uintptr{0, 0, unix.O_TRUNC}},
	{"a nameless file", unix.SYS_OPENAT, [5]uintptr{0, 0, unix.O_TMPFILE | unix.O_RDWR}},
	{"looking up a file", unix.SYS_NEWFSTATAT, [5]uintptr{0, 0, 0, 0}},
	// The number of prctl as flags, and what prctl is allowed to be called with as the folder, which an absolute path ignores.
	{"opening to write, in prctl's clothes", unix.SYS_OPENAT, [5]uintptr{nameAnArea, 0, unix.SYS_PRCTL | unix.O_WRONLY}},
	{"a file in memory", unix.SYS_MEMFD_CREATE, [5]uintptr{}},
	{"exec of a descriptor", unix.SYS_EXECVEAT, [5]uintptr{}},
	{"a local socket", unix.SYS_SOCKET, [5]uintptr{unix.AF_UNIX, unix.SOCK_STREAM}},
	{"a pair of sockets", unix.SYS_SOCKETPAIR, [5]uintptr{unix.AF_UNIX, unix.SOCK_STREAM}},
	{"io_uring", unix.SYS_IO_URING_SETUP, [5]uintptr{}},
	{"bpf", unix.SYS_BPF, [5]uintptr{}},
	{"perf", unix.SYS_PERF_EVENT_OPEN, [5]uintptr{}},
	{"mount", unix.SYS_MOUNT, [5]uintptr{}},
	{"a namespace", unix.SYS_UNSHARE, [5]uintptr{unix.CLONE_NEWUSER}},
	{"another's memory", unix.SYS_PROCESS_VM_READV, [5]uintptr{1}},
	{"a handle of a process", unix.SYS_PIDFD_OPEN, [5]uintptr{1}},
	{"keys", unix.SYS_KEYCTL, [5]uintptr{}},
	{"shared memory", unix.SYS_SHMGET, [5]uintptr{}},
	{"a device's own calls", unix.SYS_IOCTL, [5]uintptr{0, unix.TIOCSTI}},
	{"another user", unix.SYS_SETUID, [5]uintptr{0}},
	{"a folder of its own", unix.SYS_CHROOT, [5]uintptr{}},
}

// tryCalls prints the calls that were not refused. A call that came through with a null path fails of itself.
func tryCalls() {
	for _, c := range refused {
		_, _, errno := syscall.RawSyscall6(c.number, c.args[0], c.args[1], c.args[2], c.args[3], c.args[4], 0)
		if errno == 0 && c.number == unix.SYS_CLONE && os.Getpid() != 0 {
			fmt.Println(c.what, "made a process")
			continue
		}
		if errno != unix.EPERM {
			fmt.Printf("%s: %v\n", c.what, errno)
		}
	}
	if _, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, 0, 0, 0); errno != unix.ENOSYS {
		fmt.Printf("clone3: %v, want that the kernel seems not to have it\n", errno)
	}
	var name [1]byte // a name of length 0 is the descriptor itself
	var s unix.Stat_t
	if _, _, errno := syscall.RawSyscall6(unix.SYS_NEWFSTATAT, 0, uintptr(unsafe.Pointer(&name)), uintptr(unsafe.Pointer(&s)), unix.AT_EMPTY_PATH, 0, 0); errno != 0 {
		fmt.Printf("asking about an open descriptor: %v, want it to be let through\n", errno)
	}
}

// seccomp alone, so that nothing else can be what refuses.
func TestHarmfulCallsAreRefusedWhateverTheirArguments(t *testing.T) {
	if out := output(t, inside(t, Spec{Walls: []Wall{Seccomp}}, "do", "calls")); out != "" {
		t.Errorf("not refused:\n%s", out)
	}
}

// A misspelt name would be taken for a call that the processor does not have.
func TestCallsAreNamedAsSomeKernelNamesThem(t *testing.T) {
	names := slices.Concat(calls, answered)
	for _, r := range rules(1) {
		names = append(names, r.call)
	}
	for _, name := range names {
		_, x86 := arch.X86_64.SyscallNames[name]
		_, arm := arch.AARCH64.SyscallNames[name]
		if !x86 && !arm {
			t.Errorf("no system call %q on x86-64 or arm64", name)
		}
	}
	for _, r := range rules(1) {
		if slices.Contains(calls, r.call) {
			t.Errorf("%s is let through whatever its arguments, and limited by a rule", r.call)
		}
	}
}

func TestAReportIsOneLine(t *testing.T) {
	r := Report{Words: []string{"a", "b", "c"}, Missing: []Missing{{Seccomp, "no filters"}}, Open: []string{"use UDP"}}
	want := "contained by a, b and c; without seccomp: no filters; it could still use UDP"
	if got := r.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (Report{}).String(); !strings.HasPrefix(got, "not contained") {
		t.Errorf("%q, want not contained", got)
	}
}
