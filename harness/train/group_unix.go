//go:build unix

package train

import (
	"os/exec"
	"syscall"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// ownGroup puts a trainer in a process group of its own: a Ctrl-C at the terminal reaches the supervisor only, which ends
// trials in order, and whatever a trainer starts can be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the trainer and all it has started. A group that is gone already is as good.
func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// bySignal tells a kill from outside from a fault of the trainer's own, which also ends in a signal when no runtime is there
// to catch it.
func bySignal(s syscall.Signal, oom bool) (mechanisms.Status, string) {
	switch s {
	case syscall.SIGKILL:
		if oom {
			return mechanisms.OutOfMem, "the kernel ended the trainer for want of memory"
		}
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGABRT, syscall.SIGSYS, syscall.SIGTRAP:
		return mechanisms.Crashed, "the trainer faulted: " + s.String()
	}
	return mechanisms.Killed, "the trainer was ended by a signal: " + s.String()
}
