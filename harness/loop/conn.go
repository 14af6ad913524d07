package loop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/seed161a02ea/bilevel/harness/wire"
)

// maxLine bounds one message of the supervisor in bytes: a view of some thousand trials with their curves fits.
const maxLine = 64 << 20

// An asker puts one question at a time to the supervisor.
type asker interface {
	ask(q wire.Message) (wire.Message, error)
}

// A conn asks over a pair of pipes.
type conn struct {
	r *bufio.Reader
	w io.Writer
	n int

	watch *heapWatch // rests while an answer is awaited; may be nil
}

func newConn(r io.Reader, w io.Writer) *conn { return &conn{r: bufio.NewReader(r), w: w} }

// errGone means that the supervisor has closed its end: there is nobody to decide for.
var errGone = errors.New("the supervisor is gone")

// ask sends a question and waits for its answer.
func (c *conn) ask(q wire.Message) (wire.Message, error) {
	c.n++
	q.N = c.n
	line, err := json.Marshal(q)
	if err != nil {
		return wire.Message{}, fmt.Errorf("message %d: %w", c.n, err)
	}
	if _, err := c.w.Write(append(line, '\n')); err != nil {
		return wire.Message{}, fmt.Errorf("message %d: %w: %v", c.n, errGone, err)
	}
	return c.answer()
}

func (c *conn) answer() (wire.Message, error) {
	c.watch.rest()
	line, err := readLine(c.r)
	c.watch.resume()
	if err != nil {
		return wire.Message{}, fmt.Errorf("answer %d: %w: %v", c.n, errGone, err)
	}
	var a wire.Message
	if err := json.Unmarshal(line, &a); err != nil {
		return wire.Message{}, fmt.Errorf("answer %d: %w", c.n, err)
	}
	if a.N != c.n {
		return wire.Message{}, fmt.Errorf("answer has number %d, want %d", a.N, c.n)
	}
	return a, nil
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxLine:
			return nil, fmt.Errorf("line of more than %d bytes", maxLine)
		}
	}
}
