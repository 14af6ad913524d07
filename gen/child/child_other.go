//go:build !unix

package child

import "os/exec"

func group(*exec.Cmd)     {}
func killGroup(*exec.Cmd) {}
