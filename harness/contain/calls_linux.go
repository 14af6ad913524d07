package contain

import (
	"fmt"
	"os"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// The system calls that a Go program makes which computes, reads and writes descriptors it has, and becomes another
// program; and those that the C library's start-up makes before it, where the program is linked with one. All others are
// refused with EPERM, those of another architecture's interface too: an allow-list, because kernels grow calls.
// Those used most come first: the filter is a chain of comparisons.
var calls = []string{
	"futex", "read", "write", "epoll_pwait", "nanosleep", "clock_gettime", "sched_yield", "madvise", "rt_sigreturn", "getpid", "gettid",
	"mmap", "munmap", "mprotect", "mremap", "brk", "mincore",
	"rt_sigaction", "rt_sigprocmask", "sigaltstack", "restart_syscall",
	"clock_nanosleep", "clock_getres", "gettimeofday", "time", "sched_getaffinity", "getrandom", "uname", "sysinfo", "getrlimit",
	"exit", "exit_group", "set_tid_address", "set_robust_list", "rseq", "arch_prctl",
	"epoll_create1", "epoll_ctl", "epoll_wait", "eventfd2", "pipe2",
	"close", "fstat", "lseek", "pread64", "readv", "writev",
	"getuid", "geteuid", "getgid", "getegid", "getppid",
	"execve", // what may be executed is Landlock's to say
}

// answered are calls that are refused as if the kernel did not have them, so that the C library takes the older ones whose
// arguments a filter can see.
var answered = []string{"clone3", "faccessat2", "openat2"}

// policy says which calls are let through, whatever their arguments. Calls that this processor's interface does not have are left out.
func policy() (seccomp.Policy, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return seccomp.Policy{}, fmt.Errorf("no table of system calls: %w", err)
	}
	if len(info.SyscallNames) == 0 {
		return seccomp.Policy{}, fmt.Errorf("no table of system calls for %s", info.Name)
	}
	has := func(name string) bool { _, ok := info.SyscallNames[name]; return ok }
	allow, deny := seccomp.SyscallGroup{Action: seccomp.ActionAllow}, seccomp.SyscallGroup{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)}
	for _, name := range calls {
		if has(name) {
			allow.Names = append(allow.Names, name)
		}
	}
	for _, r := range rules(0) {
		if has(r.call) && !slices.Contains(allow.Names, r.call) {
			allow.Names = append(allow.Names, r.call)
		}
	}
	for _, name := range answered {
		if has(name) {
			deny.Names = append(deny.Names, name)
		}
	}
	return seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{allow, deny}}, nil
}

// filterCalls lets this thread, and so the program it becomes, make no other system calls than those of the policy, and these
// with no other arguments than the rules say. These are two filters, and the kernel asks both: where the library looks at
// an argument, it goes on to compare that argument with the numbers of other calls.
func filterCalls(Spec) error {
	p, err := policy()
	if err != nil {
		return err
	}
	if err := seccomp.SetNoNewPrivs(); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if err := loadRules(rules(os.Getpid())); err != nil {
		return err
	}
	return seccomp.LoadFilter(seccomp.Filter{Policy: p})
}
