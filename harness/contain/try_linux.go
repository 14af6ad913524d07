package contain

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

var ofThisSystem = []deed{
	{"signal other processes", func() error { return syscall.Kill(os.Getppid(), 0) }},
	{"trace other processes", traceParent},
	{"change its limits", changeLimit},
}

// traceParent asks for news of a process that is not being traced: where tracing is possible the answer is ESRCH, and nobody
// is stopped.
func traceParent() error {
	_, err := unix.PtraceGetEventMsg(os.Getppid())
	return err
}

// changeLimit sets the limit of open files to what it is, which is as far from allowed as any other value, and open to all.
func changeLimit() error {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return err
	}
	return unix.Prlimit(0, unix.RLIMIT_NOFILE, &now, nil)
}
