//go:build !unix

package train

import (
	"os/exec"
	"syscall"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }

func bySignal(s syscall.Signal, _ bool) (mechanisms.Status, string) {
	return mechanisms.Killed, "the trainer was ended by a signal: " + s.String()
}
