package train

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/seed161a02ea/bilevel/harness/quote"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// longestLine bounds a report: a curve of thousands of points fits, an endless line does not. Bytes.
const longestLine = 4 << 20

// A child is a running trainer. It trains one point at a time.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	words  *lastWords
	lines  chan []byte   // its reports; closed when it closes its output, and broken is set then
	ignore chan struct{} // closed when nobody wants its reports any more
	ended  chan struct{} // closed when it is gone; exit is set then
	exit   error         // of cmd.Wait
	broken error         // why its output could not be read to the end
	ooms   int64         // of this machine when it was started
}

func startChild(config Config) (*child, error) {
	cmd := exec.Command(config.Exe, config.Args...)
	cmd.Env = config.Env
	ownGroup(cmd)
	c := &child{cmd: cmd, words: &lastWords{}, lines: make(chan []byte), ignore: make(chan struct{}), ended: make(chan struct{}), ooms: task.OutOfMemoryKills()}
	cmd.Stderr = c.words
	cmd.WaitDelay = time.Second // a grandchild that holds the error output open does not keep Wait from returning
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start trainer: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start trainer: %w", err)
	}
	c.stdin = stdin
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start trainer %s: %w", config.Exe, err)
	}
	go c.read(stdout)
	return c, nil
}

// read passes on the child's reports and then waits for its end.
func (c *child) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		select {
		case c.lines <- append([]byte(nil), lines.Bytes()...):
		case <-c.ignore:
		}
	}
	if c.broken = lines.Err(); c.broken != nil {
		killGroup(c.cmd)
	}
	close(c.lines)
	c.exit = c.cmd.Wait()
	close(c.ended)
}

// over reports whether the child has ended while it had nothing to do.
func (c *child) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// kill ends the child and whatever it has started, and waits for it.
func (c *child) kill() {
	close(c.ignore)
	killGroup(c.cmd)
	c.stdin.Close()
	<-c.ended
}

// train sends the job and waits for its outcome. The child is usable again if it answered it.
func (c *child) train(ctx context.Context, j job, limit time.Duration, progress func(task.Progress)) (o task.Outcome, usable bool) {
	if err := c.send(j); err != nil {
		return c.death(), false
	}
	var late <-chan time.Time // never, without a limit
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			c.kill()
			return cancelled(ctx), false
		case <-late:
			c.kill()
			return task.Outcome{Status: mechanisms.TimedOut, Reason: fmt.Sprintf("no result after %v", limit)}, false
		case line, open := <-c.lines:
			if !open {
				return c.death(), false
			}
			var r report
			if err := json.Unmarshal(line, &r); err != nil || (r.Outcome == nil) == (r.Progress == nil) {
				c.kill()
				return task.Outcome{Status: mechanisms.Unparsed, Reason: fmt.Sprintf("the trainer wrote %q, want a report", quote.Line(string(line), 500))}, false
			}
			if r.Outcome != nil {
				return *r.Outcome, true
			}
			progress(*r.Progress)
		}
	}
}

func (c *child) send(j job) error {
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = c.stdin.Write(append(b, '\n'))
	return err
}

// death is the outcome of a trial whose trainer broke off.
func (c *child) death() task.Outcome {
	const grace = 2 * time.Second // to end after its output did; then how it would have ended does not matter
	close(c.ignore)
	select {
	case <-c.ended:
		killGroup(c.cmd) // what it may have started
		c.stdin.Close()
		if c.broken != nil {
			return task.Outcome{Status: mechanisms.Unparsed, Reason: fmt.Sprintf("the trainer's output cannot be read: %v", c.broken)}
		}
		return classify(c.exit, c.words.String(), task.OutOfMemoryKills() > c.ooms)
	case <-time.After(grace):
		killGroup(c.cmd)
		c.stdin.Close()
		<-c.ended
		return task.Outcome{Status: mechanisms.Crashed, Reason: "the trainer closed its output and did not end"}
	}
}
