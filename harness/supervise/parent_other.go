//go:build unix && !linux

package supervise

import "syscall"

// dieWithParent does nothing: a runner whose supervisor was killed ends when it next asks a question.
func dieWithParent(*syscall.SysProcAttr) {}
