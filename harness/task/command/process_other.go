//go:build !unix

package command

import (
	"context"
	"errors"
	"io"
	"runtime"
	"syscall"
	"time"
)

func run(context.Context, invocation, time.Duration, io.Writer) (ending, error) {
	return ending{}, errors.New("a command as a task needs process groups, which " + runtime.GOOS + " lacks; use Linux, macOS or a BSD")
}

func bySignal(error) (syscall.Signal, bool) { return 0, false }

func killed(error) bool { return false }
