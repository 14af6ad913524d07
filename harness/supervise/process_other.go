//go:build !unix

package supervise

import (
	"os"
	"os/exec"
)

func isolate(*exec.Cmd) {}

func killGroup(c *exec.Cmd) { _ = c.Process.Kill() } // it may be gone already

func signalName(*os.ProcessState) string { return "" }
