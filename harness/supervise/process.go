// Package supervise keeps one runner process alive: starts it, speaks with it, bounds its time, ends it.
package supervise

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed161a02ea/bilevel/harness/quote"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// A Command starts a runner.
type Command struct {
	Path string
	Args []string
	// Within is a program with its first arguments that contains the runner and becomes it; the runner's path and arguments
	// follow. Empty starts the runner as it is. A runner told to become another binary takes its walls along.
	Within []string
}

// line is the whole command line.
func (c Command) line() []string {
	return slices.Concat(c.Within, []string{c.Path}, c.Args)
}

// Descriptors is how many a runner inherits: the standard ones and its two pipes.
const Descriptors = 5

// A Process is a running runner. Its methods are called from one goroutine.
type Process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser // answers go here
	lines  chan []byte
	stderr *tail
	ended  chan struct{} // closed when the process has been waited for
	number int           // of the question to be answered
}

// maxLine bounds one message of a runner in bytes; what it says is a proposal, a state or an error text.
const maxLine = 16 << 20

// Start starts a runner with the two pipes it speaks over, in a process group of its own. Its environment is empty but
// for what the Go runtime needs: no key can leak into generated code.
func Start(c Command) (*Process, error) {
	toRunner, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe to runner: %w", err)
	}
	out, fromRunner, err := os.Pipe()
	if err != nil {
		toRunner.Close()
		in.Close()
		return nil, fmt.Errorf("pipe from runner: %w", err)
	}
	line := c.line()
	p := &Process{cmd: exec.Command(line[0], line[1:]...), in: in, lines: make(chan []byte), stderr: &tail{}, ended: make(chan struct{})}
	p.cmd.ExtraFiles = []*os.File{toRunner, fromRunner}                        // descriptors 3 and 4
	p.cmd.Env = []string{"GOTRACEBACK=single", "GOMAXPROCS=1", "LANG=C.UTF-8"} // a runner decides in one goroutine
	p.cmd.Stderr = p.stderr
	isolate(p.cmd)
	err = p.cmd.Start()
	toRunner.Close()
	fromRunner.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, fmt.Errorf("runner %s: %w", strings.Join(line, " "), err)
	}
	go p.read(out)
	return p, nil
}

// read passes the runner's lines on until its end closes, then waits for the process.
func (p *Process) read(out *os.File) {
	defer close(p.ended)
	defer out.Close()
	r := bufio.NewReaderSize(out, 64<<10)
	for {
		text, err := readLine(r)
		if err != nil {
			_ = p.cmd.Wait() // the state is read from cmd.ProcessState
			close(p.lines)
			return
		}
		p.lines <- text
	}
}

// ErrSilent means that the runner did not speak in time.
var ErrSilent = errors.New("no word from the runner in time")

// An EndedError means that the runner's process is over.
type EndedError struct {
	Code   int    // exit code, -1 when a signal ended it
	Signal string // name of the signal, if one did
	Stderr string // its last words
}

func (e *EndedError) Error() string {
	how := fmt.Sprintf("exit code %d", e.Code)
	if e.Signal != "" {
		how = "signal " + e.Signal
	}
	if e.Stderr == "" {
		return "runner ended with " + how
	}
	return "runner ended with " + how + ": " + e.Stderr
}

// A GarbageError means that the runner said something that is no message.
type GarbageError struct{ What string }

func (e *GarbageError) Error() string { return "runner sent no message: " + e.What }

// Receive waits for the next question, at most d. The error is ErrSilent, an *EndedError, a *GarbageError, or that of stop,
// a channel that ends the waiting.
func (p *Process) Receive(d time.Duration, stop <-chan struct{}) (wire.Message, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case text, open := <-p.lines:
		if !open {
			return wire.Message{}, p.end()
		}
		return p.parse(text)
	case <-timer.C:
		return wire.Message{}, ErrSilent
	case <-stop:
		return wire.Message{}, errStopped
	}
}

var errStopped = errors.New("stopped")

func (p *Process) parse(text []byte) (wire.Message, error) {
	var m wire.Message
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, &GarbageError{What: fmt.Sprintf("%v in %.80q", err, text)}
	}
	if m.N <= 0 {
		return m, &GarbageError{What: fmt.Sprintf("number %d, want 1 or more", m.N)}
	}
	p.number = m.N
	return m, nil
}

// Answer answers the question received last.
func (p *Process) Answer(m wire.Message) error {
	m.N = p.number
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("answer %d: %w", m.N, err)
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		return p.endWithin(time.Second)
	}
	return nil
}

// Kill ends the runner and all it may have started, and waits until it is gone.
func (p *Process) Kill() {
	killGroup(p.cmd)
	p.in.Close()
	for range p.lines { // read must not wait for somebody to take its line
	}
	<-p.ended
}

// PID is the runner's process id; it stays the same across a hand-over.
func (p *Process) PID() int { return p.cmd.Process.Pid }

func (p *Process) endWithin(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case _, open := <-p.lines:
			if !open {
				return p.end()
			}
		case <-timer.C:
			return ErrSilent
		}
	}
}

// end describes how the process ended. It is called when read has waited for it.
func (p *Process) end() error {
	<-p.ended
	e := &EndedError{Code: p.cmd.ProcessState.ExitCode(), Stderr: p.stderr.String()}
	e.Signal = signalName(p.cmd.ProcessState)
	return e
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case err == nil:
			return text, nil
		case len(text) > maxLine:
			return text[:maxLine], nil // no JSON message: Receive says so
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// tail keeps the last words of a process: what a panic or the runtime said first matters most, so the head is kept too.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := tailBytes - len(t.text); room > 0 {
		t.text = append(t.text, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// String is the first lines as one.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return quote.Lines(string(t.text), 3, tailBytes)
}
