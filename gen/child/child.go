// Package child runs a program with everything bounded: time, output, memory, environment and descendants.
package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Command is a program to run.
type Command struct {
	Path string   // absolute
	Args []string // without the program's name
	// Within is a program with its first arguments that contains this one and becomes it; the path and the arguments follow.
	// It ends with exit status NotStarted where it cannot. Empty runs the program as it is.
	Within []string
	Dir    string
	Env    []string      // the whole environment; nothing is inherited
	Stdin  []byte        // nil gives an empty one
	Limit  time.Duration // of wall-clock time; 0 leaves it to the context
	// MaxOutput bounds standard output and standard error, each, in bytes. A program that writes more is killed. 0 means 1 MiB.
	MaxOutput int
	// MaxMemory bounds the address space in bytes where the system can (Linux); 0 leaves it alone. A Go program reserves
	// about 1.3 GB that it never touches, so less than 2 GiB stops it from starting.
	MaxMemory uint64
	// MaxCPU bounds processor time, in whole seconds, where the system can (Linux); 0 leaves it alone. Unlike Limit it does
	// not depend on what else the machine does.
	MaxCPU time.Duration
}

// NotStarted is the exit status of a program that was to start another and could not, as env and timeout have it.
const NotStarted = 125

// A Result is what a program that ended left behind.
type Result struct {
	Stdout, Stderr []byte
	Took           time.Duration
}

// A Failure is a program that did not end well.
type Failure struct {
	Name   string // of the program, with its first argument
	Reason string // how it ended: exit status, signal, time limit, output limit
	Words  string // the end of what it wrote to standard error, bounded and cleaned of control characters
	Status int    // exit status, -1 when a signal ended it
}

func (f *Failure) Error() string {
	if f.Words == "" {
		return f.Name + ": " + f.Reason
	}
	return f.Name + ": " + f.Reason + ": " + f.Words
}

var errOutput = errors.New("output limit")

// Run runs the command to its end. The error is a *Failure when the program started and did not exit with status 0; it
// wraps the context's error when that is why the program was killed.
func Run(ctx context.Context, c Command) (Result, error) {
	if c.MaxOutput == 0 {
		c.MaxOutput = 1 << 20
	}
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if c.Limit > 0 {
		var stop context.CancelFunc
		run, stop = context.WithTimeout(run, c.Limit)
		defer stop()
	}
	stdout, stderr := &bounded{max: c.MaxOutput, full: cancel}, &bounded{max: c.MaxOutput, full: cancel}
	line := slices.Concat(c.Within, []string{c.Path}, c.Args)
	cmd := exec.CommandContext(run, line[0], line[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would mean ours
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Stdin), stdout, stderr
	// A descendant that escaped its group and holds the pipes open must not hold us.
	cmd.WaitDelay = time.Second
	group(cmd)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("start %s: %w", strings.Join(line, " "), err)
	}
	if err := setLimits(cmd.Process.Pid, c); err != nil {
		cancel(err)
		_ = cmd.Wait()
		return Result{}, fmt.Errorf("limit %s: %w", c.Path, err)
	}
	err := cmd.Wait()
	killGroup(cmd)
	res := Result{Stdout: stdout.buf.Bytes(), Stderr: stderr.buf.Bytes(), Took: time.Since(began)}
	if err == nil {
		return res, nil
	}
	return res, explain(ctx, run, c, cmd.ProcessState, err, res.Stderr)
}

// explain turns the end of a program into words.
func explain(ctx, run context.Context, c Command, state *os.ProcessState, err error, stderr []byte) error {
	f := &Failure{Name: c.name(), Reason: err.Error(), Words: lastWords(stderr, 2000), Status: state.ExitCode()}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", f.Name, context.Cause(ctx))
	case errors.Is(context.Cause(run), errOutput):
		f.Reason, f.Words = fmt.Sprintf("wrote more than %d bytes and was ended", c.MaxOutput), ""
	case run.Err() != nil:
		f.Reason = fmt.Sprintf("not done after %v and was ended", c.Limit)
	case c.MaxCPU > 0 && !state.Exited() && state.UserTime()+state.SystemTime() >= c.MaxCPU*3/4:
		// Killed by no one we know of; systems count the time until then in ticks, and so less than exactly.
		f.Reason = fmt.Sprintf("not done after %v of processor time and was ended", c.MaxCPU)
	}
	return f
}

func (c Command) name() string {
	base := c.Path[strings.LastIndexByte(c.Path, '/')+1:]
	if len(c.Args) > 0 {
		return base + " " + c.Args[0]
	}
	return base
}

// deathCry finds where a Go program began to say why it dies; the stacks of all goroutines follow.
var deathCry = regexp.MustCompile(`(?m)^(panic: |fatal error: )`)

// lastWords returns at most max bytes that say why a program ended: from a Go program's first cry on, else the end of
// what it wrote. Control characters other than line ends and tabs are dropped.
func lastWords(b []byte, max int) string {
	if at := deathCry.FindIndex(b); at != nil {
		b = b[at[0]:]
		b = b[:min(len(b), max)]
	}
	b = b[len(b)-min(len(b), max):]
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, string(bytes.ToValidUTF8(b, []byte("?"))))
	return strings.TrimSpace(clean)
}

// bounded keeps what it is given up to max bytes and then ends the program.
type bounded struct {
	buf  bytes.Buffer
	max  int
	full context.CancelCauseFunc
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.max - b.buf.Len(); len(p) > room {
		b.buf.Write(p[:room])
		b.full(errOutput)
		return room, io.ErrShortWrite
	}
	return b.buf.Write(p)
}
