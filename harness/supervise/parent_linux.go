package supervise

import "syscall"

// dieWithParent has the kernel end the runner when the supervisor is killed: a mechanism that loops for ever would not
// notice that its pipes are closed.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
