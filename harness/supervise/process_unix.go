//go:build unix

package supervise

import (
	"os"
	"os/exec"
	"syscall"
)

// isolate gives the runner a process group of its own, so that ending it ends all of it and a Ctrl-C at the terminal goes
// to the supervisor alone.
func isolate(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(c.SysProcAttr)
}

func killGroup(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) } // it may be gone already

func signalName(s *os.ProcessState) string {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return w.Signal().String()
	}
	return ""
}
