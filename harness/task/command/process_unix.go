//go:build unix

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// run runs a program in a process group of its own, and ends the whole group when the program ends, when its time is over, when
// ctx is done, and when this process dies in whatever way. It waits until nothing of the group is left to write.
//
// The group's leader is a keeper, a shell that waits for the end of its standard input, which this process holds: the kernel closes
// that even after SIGKILL. The leader's being there also keeps the number of the group from being given to others. A
// process that makes a session of its own leaves the group and is not reached.
func run(ctx context.Context, in invocation, limit time.Duration, out io.Writer) (ending, error) {
	keeper, err := startKeeper()
	if err != nil {
		return ending{}, err
	}
	defer keeper.end()
	read, write, err := os.Pipe()
	if err != nil {
		return ending{}, err
	}
	defer read.Close()
	cmd := exec.Command(in.args[0], in.args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = in.dir, in.env, write, write
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: keeper.pid()}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return ending{}, fmt.Errorf("start %s: %w", in.args[0], err)
	}
	drained, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(drained)
		io.Copy(out, read) // an error means that read was closed below
	}()
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var e ending
	select {
	case e.exit = <-ended:
	case <-timer.C:
		e.late = true
		keeper.kill()
		<-ended
	case <-ctx.Done():
		keeper.kill()
		<-ended
	}
	keeper.kill() // what the program left running
	const grace = 2 * time.Second
	select {
	case <-drained:
	case <-time.After(grace): // held open by a process outside the group
		read.Close()
		<-drained
	}
	return e, context.Cause(ctx)
}

// A keeper leads a process group that dies with this process.
type keeper struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func startKeeper() (*keeper, error) {
	k := &keeper{cmd: exec.Command("/bin/sh", "-c", "read -r nothing; kill -KILL 0")}
	k.cmd.Env = []string{}
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if k.stdin, err = k.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := k.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper of a process group: %w", err)
	}
	return k, nil
}

func (k *keeper) pid() int { return k.cmd.Process.Pid }

// kill ends the group. The keeper is not waited for yet, so its number still means this group.
func (k *keeper) kill() { syscall.Kill(-k.pid(), syscall.SIGKILL) }

func (k *keeper) end() {
	k.kill()
	k.stdin.Close()
	k.cmd.Wait()
}

// killed reports whether the program was ended from outside: a fault of its own ends in another signal. A shell tells of a program
// of its own that was killed with exit status 137.
func killed(exit error) bool {
	if e, ok := errors.AsType[*exec.ExitError](exit); ok && e.ExitCode() == 128+int(syscall.SIGKILL) {
		return true
	}
	s, ok := bySignal(exit)
	return ok && (s == syscall.SIGKILL || s == syscall.SIGTERM || s == syscall.SIGINT || s == syscall.SIGHUP)
}

// bySignal returns the signal that ended the program, if one did.
func bySignal(exit error) (syscall.Signal, bool) {
	e, ok := errors.AsType[*exec.ExitError](exit)
	if !ok {
		return 0, false
	}
	status, ok := e.Sys().(syscall.WaitStatus)
	return status.Signal(), ok && status.Signaled()
}
